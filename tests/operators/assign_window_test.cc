// AssignWindow through the harness: by example, and random windows against trying every one. Times
// are seconds since 1970.
#include "operators/assign_window.h"

#include "engine/plan/job_graph.h"
#include "engine/time/watermark.h"
#include "tests/operators/harness.h"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <deque>
#include <string>

namespace weir {
namespace {

const SchemaPtr kInput = schema_of({"k text", "at timestamptz!"});

const NumberedSplits kNames;

AssignWindowSpec spec_of(WindowKind kind, int64_t size, int64_t slide, int64_t offset = 0) {
  return {.window = {.kind = kind,
                     .time_column = 1,
                     .size = seconds(size),
                     .slide = seconds(slide),
                     .offset = seconds(offset)}};
}

OperatorCase case_of(const AssignWindowSpec& spec, Steps steps) {
  const SchemaPtr output = output_schema(spec, kRowsPort, kInput);
  steps.push_back(final_watermark_step());
  steps.push_back(end_step());
  return {.make =
              [spec, output](TaskState&) {
                return std::make_unique<AssignWindow>(spec, "hops", output, all_needed(*output),
                                                      kNames);
              },
          .input = std::move(steps),
          .outputs = {output, nullptr, late_schema()},
          .open = {true, false, true}};
}

// Rows with the A of each.
Step arrivals_step(const std::vector<Cells>& rows, const std::vector<int64_t>& arrival) {
  return rows_step(with_arrival(batch_of(kInput, rows), arrival));
}

void check_rows(const AssignWindowSpec& spec, const std::vector<Cells>& rows,
                const std::vector<Cells>& expected) {
  OperatorCase the_case = case_of(spec, {rows_step(batch_of(kInput, rows))});
  the_case.expected[kRowsPort] = json_rows(the_case.outputs[0], expected);
  check_operator(the_case);
}

TEST_CASE("ATumblingWindowHoldsARowOnce") {
  check_rows(spec_of(WindowKind::kTumble, 10, 0), {{"a", "@0"}, {"b", "@9.5"}, {kNull, "@-1"}},
             {{"a", "@0", "@0", "@10", "@9.999999"},
              {"b", "@9.5", "@0", "@10", "@9.999999"},
              {kNull, "@-1", "@-10", "@0", "@-0.000001"}});
}

TEST_CASE("AHopIsThereForEachWindowOfARow") {
  check_rows(spec_of(WindowKind::kHop, 10, 5), {{"a", "@7"}, {"b", "@10"}},
             {{"a", "@7", "@0", "@10", "@9.999999"},
              {"a", "@7", "@5", "@15", "@14.999999"},
              {"b", "@10", "@5", "@15", "@14.999999"},
              {"b", "@10", "@10", "@20", "@19.999999"}});
}

TEST_CASE("SomeRowsAreInMoreHopsThanOthers") {
  check_rows(spec_of(WindowKind::kHop, 5, 3), {{"a", "@4"}, {"b", "@5"}},
             {{"a", "@4", "@0", "@5", "@4.999999"},
              {"a", "@4", "@3", "@8", "@7.999999"},
              {"b", "@5", "@3", "@8", "@7.999999"}});
}

TEST_CASE("CumulatedWindowsGrowFromOneStart") {
  check_rows(spec_of(WindowKind::kCumulate, 15, 5), {{"a", "@7"}, {"b", "@14"}},
             {{"a", "@7", "@0", "@10", "@9.999999"},
              {"a", "@7", "@0", "@15", "@14.999999"},
              {"b", "@14", "@0", "@15", "@14.999999"}});
}

const std::vector<Cells> kLateCopies = {{"a", "@7"}, {"b", "@7"}, {"c", "@7"}};
const std::vector<int64_t> kLateArrivals = {10, 9, 15};

TEST_CASE("NothingIsLateWhereNobodyJudges") {
  OperatorCase the_case =
      case_of(spec_of(WindowKind::kHop, 10, 5), {arrivals_step(kLateCopies, kLateArrivals)});
  std::vector<Cells> expected;
  for (const char* name : {"a", "b", "c"}) {
    expected.push_back({name, "@7", "@0", "@10", "@9.999999"});
    expected.push_back({name, "@7", "@5", "@15", "@14.999999"});
  }
  the_case.expected[kRowsPort] = json_rows(the_case.outputs[0], expected);
  check_operator(the_case);
}

TEST_CASE("ARowIsPutIntoTheWindowsItIsOnTimeFor") {
  AssignWindowSpec spec = spec_of(WindowKind::kHop, 10, 5);
  spec.drops_late = true;
  OperatorCase the_case = case_of(spec, {arrivals_step(kLateCopies, kLateArrivals)});
  the_case.expected[kRowsPort] =
      json_rows(the_case.outputs[0], {{"a", "@7", "@5", "@15", "@14.999999"},
                                      {"b", "@7", "@0", "@10", "@9.999999"},
                                      {"b", "@7", "@5", "@15", "@14.999999"}});
  the_case.expected[kLatePort] =
      json_rows(late_schema(), {{R"({"k":"c","at":"1970-01-01T00:00:07Z"})", kNull, kNull, kNull,
                                 "hops", "@15", "00:00:00"}});
  the_case.lost.late = 1;
  check_operator(the_case);
  REQUIRE(run_operator(the_case, {.name = "as given"}).counters.late_pairs == 1);
}

TEST_CASE("ABatchOfLateRowsGivesNothing") {
  for (const WindowKind kind : {WindowKind::kTumble, WindowKind::kHop}) {
    AssignWindowSpec spec = spec_of(kind, 10, 5);
    spec.drops_late = true;
    OperatorCase the_case = case_of(spec, {arrivals_step({{"a", "@7"}}, {20})});
    the_case.open[2] = false;
    the_case.lost.late = 1;
    check_operator(the_case);
  }
}

TEST_CASE("CopiesKeepArrivalAndPlace") {
  const RecordBatch rows = with_position(
      with_arrival(batch_of(kInput, {{"a", "@7"}, {"b", "@1"}}), {kMinTime, 3}), 4, 100);
  for (const WindowKind kind : {WindowKind::kTumble, WindowKind::kHop}) {
    TaskState state(128, {0, 127}, std::make_unique<MemoryResidency>());
    const auto op = case_of(spec_of(kind, 10, 5), {}).make(state);
    CollectedOutput out;
    const RecordBatch chosen = with_selection(rows, {1});
    REQUIRE(*op->process(kRowsPort, chosen, 0, out) == Progress::kDone);
    REQUIRE(out.batches().size() == 1);
    const RecordBatch copies = compact(out.batches()[0].second);
    REQUIRE(copies.rows == (kind == WindowKind::kTumble ? 1 : 2));
    for (uint32_t row = 0; row < copies.rows; ++row) {
      REQUIRE(copies.arrival_watermark->values<int64_t>()[row] == seconds(3));
      REQUIRE(copies.split->values<int32_t>()[row] == 4);
      REQUIRE(copies.position->values<int64_t>()[row] == 101);
    }
  }
}

TEST_CASE("ARowInManyWindowsGivesWay") {
  const std::vector<Cells> rows(3, {"a", "@10000"});
  const OperatorCase the_case =
      case_of(spec_of(WindowKind::kHop, 9000, 1), {rows_step(batch_of(kInput, rows))});
  const Run run = run_operator(the_case, {.name = "as given"});
  REQUIRE(run.rows.at(kRowsPort).size() == 27'000);
  REQUIRE(run.counters.accepted == 3);
}

TEST_CASE("OnlyWhatIsReadIsHandedOn") {
  const AssignWindowSpec spec = spec_of(WindowKind::kHop, 10, 5);
  OperatorCase the_case = case_of(spec, {rows_step(batch_of(kInput, {{"a", "@7"}}))});
  NeededColumns needed(5);
  needed[0].needed = true;
  needed[3].needed = true;
  const SchemaPtr output = the_case.outputs[0];
  AssignWindow op(spec, "hops", output, needed, kNames);
  CollectedOutput out;
  REQUIRE(op.process(kRowsPort, the_case.input[0].element, 0, out).ok());
  const RecordBatch& copies = out.batches()[0].second;
  REQUIRE(copies.columns[0] != nullptr);
  REQUIRE(copies.columns[1] == nullptr);
  REQUIRE(copies.columns[3] != nullptr);
}

std::string numbers_text(int64_t time, int64_t start, int64_t end, int64_t last) {
  return fmt::format("{} in [{}, {}), last {}", time, start, end, last);
}

// The times of rows and of their windows, in microseconds.
std::vector<std::string> times_of(const Steps& steps) {
  std::vector<std::string> rows;
  for (const Step& step : steps) {
    const RecordBatch* batch = std::get_if<RecordBatch>(&step.element);
    if (batch == nullptr) continue;
    const auto value = [batch](size_t column, uint32_t row) {
      return batch->columns[column]->values<int64_t>()[row];
    };
    batch->selection().each([&](uint32_t row) {
      rows.push_back(numbers_text(value(1, row), value(2, row), value(3, row), value(4, row)));
    });
  }
  return rows;
}

// Replay: the seed that is printed is the first of the loop.
TEST_CASE("AgreesWithTryingEveryWindow") {
  for (uint32_t seed = 1; seed <= 12; ++seed) {
    INFO("seed " << seed);
    std::mt19937_64 dice(seed);
    const int64_t slide = 1 + static_cast<int64_t>(dice() % 5);
    const bool hops = dice() % 2 == 0;
    const int64_t size = hops ? slide + static_cast<int64_t>(dice() % 9)
                              : slide * (1 + static_cast<int64_t>(dice() % 4));
    const int64_t offset = static_cast<int64_t>(dice() % static_cast<uint64_t>(size));
    std::deque<std::string> texts;
    std::vector<Cells> rows;
    std::vector<std::string> expected;
    for (int i = 0; i < 12; ++i) {
      const int64_t time = static_cast<int64_t>(dice() % 40) - 20;
      rows.push_back({"a", texts.emplace_back("@" + std::to_string(time)).c_str()});
      for (int64_t start = time - 50; start <= time; ++start) {
        for (int64_t end = time + 1; end <= start + size; ++end) {
          const int64_t into = start - offset;
          const bool holds = hops ? into % slide == 0 && end == start + size
                                  : into % size == 0 && (end - start) % slide == 0;
          if (!holds) continue;
          expected.push_back(
              numbers_text(seconds(time), seconds(start), seconds(end), seconds(end) - 1));
        }
      }
    }
    const WindowKind kind = hops ? WindowKind::kHop : WindowKind::kCumulate;
    OperatorCase the_case =
        case_of(spec_of(kind, size, slide, offset), {rows_step(batch_of(kInput, rows))});
    the_case.read_rows = times_of;
    the_case.expected[kRowsPort] = std::move(expected);
    check_operator(the_case);
  }
}

}  // namespace
}  // namespace weir
