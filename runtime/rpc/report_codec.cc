#include "engine/base/match.h"
#include "runtime/rpc/message_codec.h"
#include "runtime/rpc/message_parts.h"
#include "runtime/rpc/strict_message.h"
#include "state/checkpoint_proto.h"

#include <proto/weir/cluster.pb.h>
#include <utility>

namespace weir {
namespace {

constexpr std::string_view kReport = "a worker's report";

void put_memory(proto::MemoryShare& out, const MemoryShare& memory) {
  out.set_bytes(memory.bytes);
  out.set_least_bytes(memory.least_bytes);
  out.set_worker_bytes(memory.worker_bytes);
  for (const MemoryPart& part : memory.parts) {
    proto::MemoryPart& added = *out.add_parts();
    added.set_what(part.what);
    added.set_bytes(part.bytes);
  }
}

MemoryShare memory_of(const proto::MemoryShare& in) {
  MemoryShare memory{
      .bytes = in.bytes(), .least_bytes = in.least_bytes(), .worker_bytes = in.worker_bytes()};
  for (const proto::MemoryPart& part : in.parts()) {
    memory.parts.push_back({.what = part.what(), .bytes = part.bytes()});
  }
  return memory;
}

void put_prepared(proto::Prepared& out, const report::Prepared& prepared) {
  for (const DeclaredTable& table : prepared.tables) put_declared_table(*out.add_tables(), table);
  for (const JobSplit& split : prepared.splits) put_split(*out.add_splits(), split);
  out.set_is_bounded(prepared.is_bounded);
  out.set_waits_in_memory(prepared.waits_in_memory);
  if (prepared.memory.has_value()) put_memory(*out.mutable_memory(), *prepared.memory);
}

report::Prepared prepared_of(const proto::Prepared& in) {
  report::Prepared prepared{.is_bounded = in.is_bounded(), .waits_in_memory = in.waits_in_memory()};
  for (const proto::DeclaredTable& table : in.tables()) {
    prepared.tables.push_back(declared_table_of(table));
  }
  for (const proto::JobSplit& split : in.splits()) prepared.splits.push_back(split_of(split));
  if (in.has_memory()) prepared.memory = memory_of(in.memory());
  return prepared;
}

void put_taken(proto::SnapshotTaken& out, const report::SnapshotTaken& taken) {
  out.set_task(taken.task.value());
  out.set_epoch(taken.epoch.value());
  out.set_final(taken.final);
  put_task_snapshot(*out.mutable_snapshot(), taken.snapshot);
  for (const auto& [slot, segments] : taken.outputs) {
    proto::SlotSegments& added = *out.add_outputs();
    added.set_slot(slot.value());
    for (const SlotOutput::Sealed& sealed : segments) put_sealed(*added.add_sealed(), sealed);
  }
  for (const checkpoint::EdgeRows& rows : taken.rows) {
    proto::EdgeRows& added = *out.add_rows();
    added.set_edge(rows.edge.value());
    added.set_sent(rows.sent);
    added.set_received(rows.received);
  }
}

Result<TaskSnapshot> snapshot_of(const proto::TaskSnapshot& in) {
  for (const proto::WarmFile& file : in.warm()) {
    TRY(require_part(file.has_contents(), kReport, "contents of a file of rows"));
  }
  TaskSnapshot snapshot = task_snapshot_of(in);
  if (snapshot.splits.size() != static_cast<size_t>(in.splits_size())) {
    return bad_message(kReport, "a split stands in its snapshot twice");
  }
  if (snapshot.watermarks.size() != static_cast<size_t>(in.watermarks_size())) {
    return bad_message(kReport, "a watermark stands in its snapshot twice");
  }
  return snapshot;
}

Result<report::SnapshotTaken> taken_of(const proto::SnapshotTaken& in) {
  TRY(require_part(in.has_snapshot(), kReport, "snapshot"));
  report::SnapshotTaken taken{
      .task = TaskId{in.task()}, .epoch = Epoch{in.epoch()}, .final = in.final()};
  taken.snapshot = TRY(snapshot_of(in.snapshot()));
  for (const proto::SlotSegments& output : in.outputs()) {
    auto& [slot, segments] = taken.outputs.emplace_back();
    slot = SlotIndex{output.slot()};
    for (const proto::SealedOutput& sealed : output.sealed()) {
      TRY(require_part(sealed.has_id(), kReport, "checkpoint of sealed output"));
      TRY(require_part(sealed.has_contents(), kReport, "contents of sealed output"));
      segments.push_back(sealed_of(sealed));
    }
  }
  for (const proto::EdgeRows& rows : in.rows()) {
    taken.rows.push_back(
        {.edge = EdgeIndex{rows.edge()}, .sent = rows.sent(), .received = rows.received()});
  }
  return taken;
}

Result<report::Failed> failed_of(const proto::Error& in) {
  report::Failed failed;
  TRY(read_error(in, kReport, failed.error));
  return failed;
}

Result<report::SnapshotFailed> snapshot_failed_of(const proto::SnapshotFailed& in) {
  report::SnapshotFailed failed{.task = TaskId{in.task()}, .epoch = Epoch{in.epoch()}};
  TRY(read_error(in.error(), kReport, failed.error));
  return failed;
}

Result<report::CommitFailed> commit_failed_of(const proto::CommitFailed& in) {
  report::CommitFailed failed{.slot = SlotIndex{in.slot()}, .epoch = Epoch{in.epoch()}};
  TRY(read_error(in.error(), kReport, failed.error));
  return failed;
}

Result<report::TaskFailed> task_failed_of(const proto::TaskFailed& in) {
  report::TaskFailed failed{.task = TaskId{in.task()}};
  TRY(read_error(in.error(), kReport, failed.error));
  return failed;
}

Result<report::Progress> progress_of(const proto::Progress& in) {
  report::Progress progress{.tasks = {}, .peak_memory_bytes = in.peak_memory_bytes()};
  for (const auto& [task, report] : in.tasks()) {
    progress.tasks[task] = TRY(task_report_of(report, kReport));
  }
  return progress;
}

void put_report(proto::FromWorker& out, const FromWorker& message) {
  std::visit(
      Match{[&](const report::Prepared& what) { put_prepared(*out.mutable_prepared(), what); },
            [&](const report::Replayed&) { out.mutable_replayed(); },
            [&](const report::Started&) { out.mutable_started(); },
            [&](const report::Failed& what) { put_error(*out.mutable_failed(), what.error); },
            [&](const report::SplitsFound& what) {
              put_splits(*out.mutable_splits_found(), what.splits);
            },
            [&](const report::SplitsKnown& what) { out.set_splits_known(what.known); },
            [&](const report::SnapshotTaken& what) {
              put_taken(*out.mutable_snapshot_taken(), what);
            },
            [&](const report::SnapshotFailed& what) {
              proto::SnapshotFailed& failed = *out.mutable_snapshot_failed();
              failed.set_task(what.task.value());
              failed.set_epoch(what.epoch.value());
              put_error(*failed.mutable_error(), what.error);
            },
            [&](const report::OutputCommitted& what) {
              out.mutable_output_committed()->set_slot(what.slot.value());
              out.mutable_output_committed()->set_epoch(what.epoch.value());
            },
            [&](const report::CommitFailed& what) {
              proto::CommitFailed& failed = *out.mutable_commit_failed();
              failed.set_slot(what.slot.value());
              failed.set_epoch(what.epoch.value());
              put_error(*failed.mutable_error(), what.error);
            },
            [&](const report::TaskFailed& what) {
              out.mutable_task_failed()->set_task(what.task.value());
              put_error(*out.mutable_task_failed()->mutable_error(), what.error);
            },
            [&](const report::Progress& what) {
              out.mutable_progress()->set_peak_memory_bytes(what.peak_memory_bytes);
              auto& tasks = *out.mutable_progress()->mutable_tasks();
              for (const auto& [task, report] : what.tasks) put_task_report(tasks[task], report);
            },
            [&](const report::Standings& what) {
              put_standings(*out.mutable_standings(), what.readers);
            },
            [&](const report::Dropped&) { out.mutable_dropped(); }},
      message.what);
}

}  // namespace

std::string encode_from_worker(const FromWorker& message) {
  proto::FromWorker out;
  out.set_job(message.job);
  out.set_generation(message.generation.value());
  put_report(out, message);
  return out.SerializeAsString();
}

Result<FromWorker> decode_from_worker(std::string_view bytes) {
  proto::FromWorker in;
  TRY(parse_strictly(in, bytes, kReport));
  FromWorker message{.job = in.job(), .generation = Generation{in.generation()}};
  auto& what = message.what;
  switch (in.what_case()) {
    case proto::FromWorker::kPrepared: what = prepared_of(in.prepared()); break;
    case proto::FromWorker::kReplayed: what = report::Replayed{}; break;
    case proto::FromWorker::kStarted: what = report::Started{}; break;
    case proto::FromWorker::kFailed: what = TRY(failed_of(in.failed())); break;
    case proto::FromWorker::kSplitsFound:
      what = report::SplitsFound{splits_of(in.splits_found())};
      break;
    case proto::FromWorker::kSplitsKnown: what = report::SplitsKnown{in.splits_known()}; break;
    case proto::FromWorker::kSnapshotTaken: what = TRY(taken_of(in.snapshot_taken())); break;
    case proto::FromWorker::kSnapshotFailed:
      what = TRY(snapshot_failed_of(in.snapshot_failed()));
      break;
    case proto::FromWorker::kOutputCommitted:
      what = report::OutputCommitted{.slot = SlotIndex{in.output_committed().slot()},
                                     .epoch = Epoch{in.output_committed().epoch()}};
      break;
    case proto::FromWorker::kCommitFailed: what = TRY(commit_failed_of(in.commit_failed())); break;
    case proto::FromWorker::kTaskFailed: what = TRY(task_failed_of(in.task_failed())); break;
    case proto::FromWorker::kProgress: what = TRY(progress_of(in.progress())); break;
    case proto::FromWorker::kStandings:
      what = report::Standings{standings_of(in.standings())};
      break;
    case proto::FromWorker::kDropped: what = report::Dropped{}; break;
    case proto::FromWorker::WHAT_NOT_SET: return bad_message(kReport, "it reports nothing");
  }
  return message;
}

}  // namespace weir
