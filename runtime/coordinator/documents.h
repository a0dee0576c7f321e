// The JSON documents of the REST interface: one function for each kind of view. openapi.cc holds
// their schemas, under the names that stand here.
//
// Times are RFC 3339 texts in UTC ("infinity" behind the end of all input, null where nothing is
// known), durations seconds, sizes bytes. Keys without a value are left out, but for those whose
// absence says something. Pure.
#pragma once

#include "runtime/coordinator/answer.h"
#include "runtime/coordinator/job_view.h"
#include "runtime/coordinator/metrics.h"

#include <boost/json/fwd.hpp>

namespace weir {

// "JobSummary": what `weir list` shows.
boost::json::object job_summary(const JobView& job);
// "Job": the summary with steps, tasks, savepoints and restarts.
boost::json::object job_document(const JobView& job);
// "Savepoint"
boost::json::object savepoint_document(const SavepointView& savepoint);
// "Checkpoint"
boost::json::object checkpoint_document(const CheckpointView& checkpoint);
// "Why"
boost::json::object why_document(const WhyView& why);
// "Event"
boost::json::object event_document(const JobEvent& event);
// "Cluster"
boost::json::object cluster_document(const ClusterView& cluster);
// "Metric"
boost::json::object metric_document(const MetricFamily& family);
// "Error"
boost::json::object error_document(const Refusal& refusal);

}  // namespace weir
