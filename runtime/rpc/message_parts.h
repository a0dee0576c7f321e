// Parts that several messages of proto/weir/cluster.proto share, from and to the values of
// runtime/messages. Pure functions; any thread.
#pragma once

#include "engine/base/status.h"
#include "runtime/messages/messages.h"

#include <proto/weir/cluster.pb.h>
#include <string_view>
#include <vector>

namespace weir {

void put_error(proto::Error& out, const Error& error);
// Into `out`, since a Result cannot tell an Error that was read from a failure to read it.
Status read_error(const proto::Error& in, std::string_view what, Error& out);

void put_split(proto::JobSplit& out, const JobSplit& split);
JobSplit split_of(const proto::JobSplit& in);

void put_splits(proto::JobSplits& out, const std::vector<JobSplit>& splits);
std::vector<JobSplit> splits_of(const proto::JobSplits& in);

void put_standings(proto::Standings& out, const std::map<uint32_t, ReaderStanding>& readers);
std::map<uint32_t, ReaderStanding> standings_of(const proto::Standings& in);

void put_task_report(proto::TaskReport& out, const TaskReport& report);
Result<TaskReport> task_report_of(const proto::TaskReport& in, std::string_view what);

}  // namespace weir
