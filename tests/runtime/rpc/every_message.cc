#include "tests/runtime/rpc/every_message.h"

#include "engine/plan/graph_text.h"
#include "engine/sql/sql.h"
#include "tests/state/manifests.h"

#include <string>
#include <string_view>
#include <utility>

namespace weir {
namespace {

constexpr std::string_view kGraph = R"json({
  "options": {"job_name": "alerts", "parallelism": 2},
  "vertices": [
    {"id": "in", "kind": "source", "table": "in", "connector": "generator",
     "payload": [{"name": "card", "type": "text"}, {"name": "amount", "type": "numeric(12,2)"},
                 {"name": "at", "type": "timestamptz"}],
     "event_time": "at", "options": {"dataset": "card_transactions", "splits": 2}},
    {"id": "big", "kind": "project", "filter": "amount > 5000",
     "columns": [{"name": "card", "expr": "upper(card)"}]},
    {"id": "out", "kind": "sink", "table": "out", "connector": "print",
     "columns": [{"name": "card", "type": "text"}]}
  ],
  "edges": [{"from": "in", "to": "big"}, {"from": "big", "to": "out"}]
})json";

JobGraph small_graph() { return job_graph_from_json(kGraph, sql_expression).value(); }

// Bytes that are no UTF-8, as names of files may be.
const std::string kOddName("a\xff\0b", 4);

const CheckpointId kFrom{.generation = Generation{6}, .epoch = Epoch{41}};

std::vector<JobSplit> some_splits() {
  return {{.step = "in", .name = kOddName, .source = "topic", .number = -7, .reader = 1},
          {.step = "in", .name = "1", .at_start = false}};
}

TaskReport full_report() {
  StageReport stage{.id = "big",
                    .counters = {.rows_in = 1,
                                 .accepted = 2,
                                 .filtered = 3,
                                 .late = 4,
                                 .bad = 5,
                                 .rows_out = 6,
                                 .late_pairs = 7,
                                 .lifted = 8},
                    .emitted = {9, 0, 10},
                    .bad_by_label = {{kOddName, 11}, {"check", 12}},
                    .written = RowTotals{.rows = 13, .checksum = ~uint64_t{0}}};
  SplitStanding split{.table = "in",
                      .split = kOddName,
                      .watermark = -14,
                      .has_read = true,
                      .idle = true,
                      .finished = true,
                      .advances = true,
                      .silent_since = 0};
  return {.stages = {stage, {.id = "out"}},
          .watermark = 15,
          .idle = true,
          .splits = {split, {.table = "other"}},
          .records_lost = 18,
          .backlog = 0,
          .state_bytes = 19,
          .busy_micros = 23,
          .blocked_micros = 24,
          .rows_sent = {{0, 20}, {7, 21}},
          .rows_received = {{1, 22}}};
}

report::SnapshotTaken full_snapshot() {
  const Manifest manifest = full_manifest();
  return {.task = TaskId{3},
          .epoch = Epoch{42},
          .final = true,
          .snapshot =
              [&] {
                TaskSnapshot task = manifest.tasks[1];
                task.source = "in";
                return task;
              }(),
          .outputs = {{SlotIndex{4}, manifest.slots[0].sealed}, {SlotIndex{5}, {}}},
          .rows = {{.edge = EdgeIndex{1}, .sent = 5, .received = 6}, {.edge = EdgeIndex{2}}}};
}

}  // namespace

std::vector<ToWorker> every_order() {
  std::vector<ToWorker> orders;
  const auto add = [&](auto what) {
    orders.push_back({.job = "0123abcd", .generation = Generation{7}, .what = std::move(what)});
  };
  order::Prepare prepare{.graph = small_graph(),
                         .options = {.parallelism = 3, .two_phase = true},
                         .batch_rows = 1024,
                         .peers = {"localhost:1", "localhost:2"},
                         .self = PeerIndex{1},
                         .placement = {PeerIndex{0}, PeerIndex{1}, PeerIndex{0}},
                         .lineage = "9f3a",
                         .from = kFrom,
                         .with_state = true};
  add(prepare);
  prepare.options.two_phase = false;
  prepare.from.reset();
  prepare.with_state = false;
  add(prepare);
  add(order::Replay{.graph = small_graph(), .options = {.parallelism = 3}, .manifest = kFrom});
  add(order::Start{some_splits()});
  add(order::KnowSplits{some_splits()});
  add(order::ReadSplits{9});
  add(order::Inject{.epoch = Epoch{42}, .last = true});
  add(order::Cancel{Epoch{43}});
  add(order::Commit{.epoch = Epoch{44}, .slots = {SlotIndex{0}, SlotIndex{3}}});
  add(order::Standings{{{2, {.reading_at = 1, .highest = 2, .quiet = true}}, {3, {}}}});
  add(order::Drop{});
  return orders;
}

std::vector<FromWorker> every_report() {
  std::vector<FromWorker> reports;
  const auto add = [&](auto what) {
    reports.push_back({.job = kOddName, .generation = Generation{7}, .what = std::move(what)});
  };
  add(report::Prepared{.tables = {{.name = "big/rows", .signature = "keyed(text)"}},
                       .splits = some_splits(),
                       .is_bounded = true,
                       .waits_in_memory = true});
  add(report::Prepared{.is_bounded = false});
  add(report::Prepared{.memory = MemoryShare{.bytes = 512 << 20,
                                             .least_bytes = 90 << 20,
                                             .parts = {{"the process", 32 << 20}, {}},
                                             .worker_bytes = uint64_t{1} << 40}});
  add(report::Replayed{});
  add(report::Started{});
  for (const ErrorKind kind : {ErrorKind::kUser, ErrorKind::kBadData, ErrorKind::kUnavailable,
                               ErrorKind::kFenced, ErrorKind::kCorrupt}) {
    add(report::Failed{Error{kind, "cannot " + kOddName}});
  }
  add(report::SplitsFound{some_splits()});
  add(report::SplitsKnown{9});
  add(full_snapshot());
  add(report::SnapshotTaken{});
  add(report::SnapshotFailed{
      .task = TaskId{1}, .epoch = Epoch{42}, .error = unavailable("the disk is full")});
  add(report::OutputCommitted{.slot = SlotIndex{1}, .epoch = Epoch{42}});
  add(report::CommitFailed{
      .slot = SlotIndex{1}, .epoch = Epoch{42}, .error = unavailable("no broker")});
  add(report::TaskFailed{.task = TaskId{2}, .error = user_error("division by zero")});
  add(report::Progress{{{0, full_report()}, {1, {}}}});
  add(report::Progress{{}, 200 << 20});
  add(report::Standings{{{0, {.reading_at = 16, .highest = -17, .quiet = true}}, {3, {}}}});
  add(report::Dropped{});
  return reports;
}

}  // namespace weir
