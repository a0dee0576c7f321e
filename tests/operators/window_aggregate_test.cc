// WindowAggregate through the harness: each function and type, each phase, by example. Times are
// seconds since 1970.
#include "operators/window_aggregate.h"

#include "engine/time/watermark.h"
#include "tests/operators/window_cases.h"
#include "tests/operators/window_reference.h"
#include "tests/seeds.h"

#include <catch2/catch.hpp>

#include <map>
#include <string>
#include <utility>

namespace weir {
namespace {

using enum AggregateFunction;

Steps stream(std::vector<Step> steps) {
  steps.push_back(final_watermark_step());
  steps.push_back(end_step());
  return steps;
}

TEST_CASE("CountsRowsByKeyAndWindow") {
  const Windows windows{
      .input = schema_of({"k text", "at timestamptz!"}), .keys = {"k"}, .aggregates = {{}}};
  check_windows(
      windows,
      stream({rows_step(
                  batch_of(windows.input, {{"a", "@1"}, {"b", "@9.5"}, {"a", "@3"}, {"a", "@10"}})),
              watermark_step(10), rows_step(batch_of(windows.input, {{"b", "@19"}, {"a", "@10"}})),
              barrier_step(1), rows_step(batch_of(windows.input, {{"a", "@25"}})),
              watermark_step(20)}),
      {.rows = {{"a", "@0", "@10", "@9.999999", "2"},
                {"b", "@0", "@10", "@9.999999", "1"},
                {"a", "@10", "@20", "@19.999999", "2"},
                {"b", "@10", "@20", "@19.999999", "1"},
                {"a", "@20", "@30", "@29.999999", "1"}}});
}

TEST_CASE("WithoutKeysAWindowHasOneGroup") {
  const Windows windows{.input = schema_of({"v int", "at timestamp!"}),
                        .aggregates = {{}, {kSum, "v"}}};
  check_windows(
      windows,
      stream({rows_step(batch_of(windows.input, {{"5", "@1"}, {kNull, "@2"}})),
              rows_step(batch_of(windows.input, {{"7", "@11"}})), watermark_step(15)}),
      {.rows = {{"@0", "@10", "@9.999999", "2", "5"}, {"@10", "@20", "@19.999999", "1", "7"}}});
}

TEST_CASE("NothingComesOfNothing") {
  const Windows windows{.input = schema_of({"v int", "at timestamptz!"}), .aggregates = {{}}};
  check_windows(windows, stream({watermark_step(100), barrier_step(1)}), {});
}

TEST_CASE("AddsUpEveryKindOfNumber") {
  const Windows windows{.input = schema_of({"i int", "b bigint", "n numeric(12,2)",
                                            "f double precision", "at timestamptz!"}),
                        .aggregates = {{kSum, "i"},
                                       {kSum, "b"},
                                       {kSum, "n"},
                                       {kSum, "f"},
                                       {kAvg, "i"},
                                       {kAvg, "b"},
                                       {kAvg, "n"},
                                       {kAvg, "f"},
                                       {kCount, "i"},
                                       {kCount, "n"}}};
  check_windows(
      windows,
      stream({rows_step(
          batch_of(windows.input, {{"2147483647", "9223372036854775807", "0.10", "0.5", "@1"},
                                   {"2147483647", "9223372036854775807", "0.15", "1.25", "@2"},
                                   {kNull, kNull, kNull, kNull, "@3"},
                                   {"-1", "1", "-0.01", "-4", "@4"}}))}),
      {.rows = {{"@0", "@10", "@9.999999", "4294967293", "18446744073709551615", "0.24", "-2.25",
                 "1431655764.333333", "6148914691236517205", "0.080000", "-0.75", "3", "3"}}});
}

TEST_CASE("FindsTheExtremesOfEveryKind") {
  const Windows windows{.input = schema_of({"i int", "b bigint", "n numeric(12,2)",
                                            "f double precision", "s text", "d date", "t timestamp",
                                            "z timestamptz", "v interval", "at timestamptz!"}),
                        .aggregates = {{kMin, "i"},
                                       {kMax, "i"},
                                       {kMin, "b"},
                                       {kMax, "b"},
                                       {kMin, "n"},
                                       {kMax, "n"},
                                       {kMin, "f"},
                                       {kMax, "f"},
                                       {kMin, "s"},
                                       {kMax, "s"},
                                       {kMin, "d"},
                                       {kMax, "d"},
                                       {kMin, "t"},
                                       {kMax, "t"},
                                       {kMin, "z"},
                                       {kMax, "z"},
                                       {kMin, "v"},
                                       {kMax, "v"}}};
  check_windows(windows,
                stream({rows_step(batch_of(
                    windows.input,
                    {{"3", "3", "0.30", "3", "a text that is longer than a slot", "2024-03-01",
                      "@3", "@3", "1 month", "@1"},
                     {"-4", "-4", "-0.40", "NaN", "a", "2020-03-01", "@-4", "@-4", "29 days", "@2"},
                     {kNull, kNull, kNull, kNull, kNull, kNull, kNull, kNull, kNull, "@2"},
                     {"5", "5", "0.05", "-1", "a text that is longer than a slot, yes",
                      "2021-03-01", "@5", "@5", "31 days", "@3"}}))}),
                {.rows = {{"@0",
                           "@10",
                           "@9.999999",
                           "-4",
                           "5",
                           "-4",
                           "5",
                           "-0.40",
                           "0.30",
                           "-1",
                           "NaN",
                           "a",
                           "a text that is longer than a slot, yes",
                           "2020-03-01",
                           "2024-03-01",
                           "@-4",
                           "@5",
                           "@-4",
                           "@5",
                           "29 days",
                           "31 days"}}});
}

TEST_CASE("EqualIntervalsHaveOneExtremeInAnyOrder") {
  const Windows windows{.input = schema_of({"v interval", "at timestamptz!"}),
                        .aggregates = {{kMin, "v"}, {kMax, "v"}}};
  const std::vector<Cells> expected = {{"@0", "@10", "@9.999999", "30 days", "1 month"}};
  check_windows(
      windows, stream({rows_step(batch_of(windows.input, {{"1 month", "@1"}, {"30 days", "@2"}}))}),
      {.rows = expected});
  check_windows(
      windows, stream({rows_step(batch_of(windows.input, {{"30 days", "@1"}, {"1 month", "@2"}}))}),
      {.rows = expected});
}

TEST_CASE("AggregatesOfNoValueAreNullAndCountsZero") {
  const Windows windows{
      .input = schema_of({"k text", "v bigint", "s text", "ok boolean", "at timestamptz!"}),
      .keys = {"k"},
      .aggregates = {{},
                     {kCount, "v"},
                     {kSum, "v"},
                     {kAvg, "v"},
                     {kMin, "v"},
                     {kMax, "s"},
                     {kCountStar, "", "ok"}}};
  check_windows(
      windows,
      stream({rows_step(batch_of(
          windows.input, {{"a", kNull, kNull, kNull, "@1"}, {"a", kNull, kNull, "false", "@1"}}))}),
      {.rows = {{"a", "@0", "@10", "@9.999999", "2", "0", kNull, kNull, kNull, kNull, "0"}}});
}

TEST_CASE("FilterLeavesOutRowsWhereItIsNotTrue") {
  const Windows windows{
      .input = schema_of({"k int", "v bigint", "ok boolean", "at timestamptz!"}),
      .keys = {"k"},
      .aggregates = {
          {}, {kCountStar, "", "ok"}, {kSum, "v", "ok"}, {kMin, "v", "ok"}, {kSum, "v"}}};
  check_windows(windows,
                stream({rows_step(batch_of(windows.input, {{"1", "10", "true", "@1"},
                                                           {"1", "20", "false", "@2"},
                                                           {"1", "40", kNull, "@3"},
                                                           {"1", kNull, "true", "@4"},
                                                           {"2", "80", "false", "@5"}}))}),
                {.rows = {{"1", "@0", "@10", "@9.999999", "4", "2", "10", "10", "70"},
                          {"2", "@0", "@10", "@9.999999", "1", "0", kNull, kNull, "80"}}});
}

TEST_CASE("DistinctTakesEachValueOnceAWindow") {
  const Windows windows{
      .input = schema_of({"k text", "v bigint", "s text", "ok boolean", "at timestamptz!"}),
      .keys = {"k"},
      .aggregates = {{kCount, "v", "", true},
                     {kSum, "v", "", true},
                     {kAvg, "v", "", true},
                     {kCount, "s", "", true},
                     {kCount, "v", "ok", true},
                     {kMax, "v", "", true},
                     {kCount, "v"}}};
  const std::string longer(40, 's');
  check_windows(
      windows,
      stream({rows_step(batch_of(windows.input, {{"a", "1", longer.c_str(), "true", "@1"},
                                                 {"a", "1", longer.c_str(), "false", "@2"},
                                                 {"a", "2", "s", kNull, "@3"},
                                                 {"a", kNull, kNull, "true", "@3"},
                                                 {kNull, "1", "s", "false", "@4"}})),
              barrier_step(1),
              rows_step(batch_of(windows.input, {{"a", "2", longer.c_str(), "true", "@5"},
                                                 {"a", "1", "t", "true", "@15"},
                                                 {"b", "1", "t", "true", "@6"},
                                                 {"c", "9", "t", "true", "@6"},
                                                 {"d", "9", "t", "true", "@6"}})),
              watermark_step(10)}),
      {.rows = {{"a", "@0", "@10", "@9.999999", "2", "3", "1.500000", "2", "2", "2", "4"},
                {kNull, "@0", "@10", "@9.999999", "1", "1", "1.000000", "1", "0", "1", "1"},
                {"b", "@0", "@10", "@9.999999", "1", "1", "1.000000", "1", "1", "1", "1"},
                {"c", "@0", "@10", "@9.999999", "1", "9", "9.000000", "1", "1", "9", "1"},
                {"d", "@0", "@10", "@9.999999", "1", "9", "9.000000", "1", "1", "9", "1"},
                {"a", "@10", "@20", "@19.999999", "1", "1", "1.000000", "1", "1", "1", "1"}}});
}

TEST_CASE("DistinctWithoutKeys") {
  const Windows windows{.input = schema_of({"v bigint", "at timestamptz!"}),
                        .aggregates = {{kCount, "v", "", true}}};
  check_windows(windows,
                stream({rows_step(batch_of(windows.input, {{"1", "@1"}, {"1", "@2"}, {"2", "@3"}})),
                        rows_step(batch_of(windows.input, {{"2", "@4"}, {"3", "@5"}}))}),
                {.rows = {{"@0", "@10", "@9.999999", "3"}}});
}

TEST_CASE("KeysOfEveryTypeAreToldApart") {
  const Windows windows{
      .input = schema_of({"b boolean", "i int", "n numeric(12,2)", "f double precision", "s text",
                          "y bytea", "d date", "t timestamp", "v interval", "at timestamptz!"}),
      .keys = {"b", "i", "n", "f", "s", "y", "d", "t", "v"},
      .aggregates = {{}}};
  const std::string longer(50, 'k');
  const std::vector<Cells> keys = {
      {"true", "1", "0.01", "0.5", "a", "\\x01", "2024-01-01", "@1", "1 month"},
      {"false", "1", "0.01", "0.5", "a", "\\x01", "2024-01-01", "@1", "1 month"},
      {"true", "1", "0.01", "0.5", longer.c_str(), "\\x01", "2024-01-01", "@1", "1 month"},
      {"true", "1", "0.01", "0.5", "a", "\\x01", "2024-01-01", "@1", "31 days"},
      {kNull, kNull, kNull, kNull, kNull, kNull, kNull, kNull, kNull}};
  std::vector<Cells> rows;
  std::vector<Cells> expected;
  for (const Cells& key : keys) {
    Cells row = key;
    row.push_back("@1");
    rows.insert(rows.end(), {row, row});
    Cells result = key;
    result.insert(result.end(), {"@0", "@10", "@9.999999", "2"});
    expected.push_back(result);
  }
  check_windows(windows, stream({rows_step(batch_of(windows.input, rows))}), {.rows = expected});
}

TEST_CASE("WindowsMayLieBefore1970AndBeShifted") {
  const Windows windows{.input = schema_of({"k text", "at timestamptz!"}),
                        .keys = {"k"},
                        .aggregates = {{}},
                        .size = seconds(10),
                        .offset = seconds(3)};
  check_windows(
      windows,
      stream({rows_step(batch_of(windows.input, {{"a", "@-8"}, {"a", "@-7"}, {"a", "@2"}})),
              watermark_step(-7), rows_step(batch_of(windows.input, {{"a", "@3"}, {"a", "@-7"}}))}),
      {.rows = {{"a", "@-17", "@-7", "@-7.000001", "1"},
                {"a", "@-7", "@3", "@2.999999", "3"},
                {"a", "@3", "@13", "@12.999999", "1"}}});
}

// The row is late for its window only when the window has ended by the row's own arrival watermark.
Steps late_stream(const SchemaPtr& input) {
  RecordBatch rows = batch_of(
      input, {{"a", "@25"}, {"a", "@19"}, {"a", "@9"}, {"long enough to leave its slot", "@1"}});
  rows = with_arrival(with_position(std::move(rows), 4, 100), {kMinTime, 19, 20, 10});
  return stream({rows_step(std::move(rows)), watermark_step(10)});
}

TEST_CASE("HoppingWindowsShareTheirRows") {
  const Windows windows{.input = schema_of({"k text", "v int", "at timestamptz!"}),
                        .keys = {"k"},
                        .aggregates = {{kSum, "v"}, {kMax, "v"}},
                        .kind = WindowKind::kHop,
                        .slide = seconds(4)};
  check_windows(windows,
                stream({rows_step(batch_of(windows.input, {{"a", "1", "@1"}, {"a", "5", "@5"}})),
                        watermark_step(6), rows_step(batch_of(windows.input, {{"b", "2", "@9"}})),
                        watermark_step(12)}),
                {.rows = {{"a", "@-8", "@2", "@1.999999", "1", "1"},
                          {"a", "@-4", "@6", "@5.999999", "6", "5"},
                          {"a", "@0", "@10", "@9.999999", "6", "5"},
                          {"b", "@0", "@10", "@9.999999", "2", "2"},
                          {"a", "@4", "@14", "@13.999999", "5", "5"},
                          {"b", "@4", "@14", "@13.999999", "2", "2"},
                          {"b", "@8", "@18", "@17.999999", "2", "2"}}});
}

// The rows with the greatest a0 of each window: what a top-N behind the step makes of its results,
// whichever instance gave them.
std::vector<std::string> greatest_of_windows(const Steps& sent) {
  std::map<int64_t, std::pair<int64_t, std::vector<std::string>>> best;
  for (const Step& step : sent) {
    const auto* batch = std::get_if<RecordBatch>(&step.element);
    if (batch == nullptr) continue;
    const std::vector<std::string> rows = json_rows(*batch);
    for (uint32_t row = 0; row < batch->rows; ++row) {
      auto& [value, kept] = best[batch->columns[2]->values<int64_t>()[row]];
      const int64_t sum = batch->columns[4]->values<int64_t>()[row];
      if (!kept.empty() && sum < value) continue;
      if (kept.empty() || sum > value) kept.clear();
      value = sum;
      kept.push_back(rows[row]);
    }
  }
  std::vector<std::string> rows;
  for (const auto& [end, window] : best) {
    rows.insert(rows.end(), window.second.begin(), window.second.end());
  }
  return rows;
}

TEST_CASE("OnlyResultsThatAreWantedAreGiven") {
  Windows windows{.input = schema_of({"k text", "v int", "at timestamptz!"}),
                  .keys = {"k"},
                  .aggregates = {{kSum, "v"}}};
  const FirstRows first = {.function = RankFunction::kRank,
                           .limit = 1,
                           .order = {.column = 4, .descending = true, .nulls_first = true}};
  const Steps steps = stream({rows_step(batch_of(windows.input, {{"a", "1", "@1"},
                                                                 {"b", "3", "@2"},
                                                                 {"c", "2", "@3"},
                                                                 {"d", "4", "@6"},
                                                                 {"c", "1", "@7"},
                                                                 {"a", "9", "@12"}})),
                              watermark_step(11)});
  const auto check = [&](const std::vector<Cells>& expected, size_t given_by_one) {
    OperatorCase the_case = window_case(whole_spec(windows), windows.input, steps, first);
    REQUIRE(run_operator(the_case, {.name = "as given"}).rows.at(kRowsPort).size() == given_by_one);
    the_case.read_rows = greatest_of_windows;
    the_case.expected[kRowsPort] = json_rows(the_case.outputs[0], expected);
    check_operator(the_case);
  };
  check({{"d", "@0", "@10", "@9.999999", "4"}, {"a", "@10", "@20", "@19.999999", "9"}}, 2);
  windows.kind = WindowKind::kHop;
  windows.slide = seconds(5);
  check({{"b", "@-5", "@5", "@4.999999", "3"},
         {"d", "@0", "@10", "@9.999999", "4"},
         {"a", "@5", "@15", "@14.999999", "9"},
         {"a", "@10", "@20", "@19.999999", "9"}},
        4);
}

TEST_CASE("ARowLateForItsFirstWindowsCountsInTheOthers") {
  const Windows windows{.input = schema_of({"k text", "v int", "at timestamptz!"}),
                        .keys = {"k"},
                        .aggregates = {{kSum, "v"}},
                        .kind = WindowKind::kHop,
                        .slide = seconds(5)};
  const RecordBatch late =
      with_arrival(batch_of(windows.input, {{"a", "10", "@1"}, {"a", "100", "@-6"}}), {6, 6});
  check_windows(
      windows,
      stream({rows_step(batch_of(windows.input, {{"a", "1", "@2"}})), watermark_step(6),
              rows_step(late)}),
      {.rows = {{"a", "@-5", "@5", "@4.999999", "1"}, {"a", "@0", "@10", "@9.999999", "11"}},
       .late = 1,
       .late_rows = {{R"({"k":"a","v":100,"at":"1969-12-31T23:59:54Z"})", kNull, kNull, kNull, "w",
                      "@0", "6 seconds"}}});
}

TEST_CASE("CumulatingWindowsGrowUntilTheyBeginAnew") {
  const Windows windows{.input = schema_of({"v int", "at timestamptz!"}),
                        .aggregates = {{kSum, "v"}},
                        .size = seconds(6),
                        .kind = WindowKind::kCumulate,
                        .slide = seconds(2)};
  check_windows(windows,
                stream({rows_step(batch_of(windows.input, {{"1", "@1"}, {"2", "@3"}, {"4", "@7"}})),
                        watermark_step(4)}),
                {.rows = {{"@0", "@2", "@1.999999", "1"},
                          {"@0", "@4", "@3.999999", "3"},
                          {"@0", "@6", "@5.999999", "3"},
                          {"@6", "@8", "@7.999999", "4"},
                          {"@6", "@10", "@9.999999", "4"},
                          {"@6", "@12", "@11.999999", "4"}}});
}

// Windows that rows bring along, as the results of another window do: of one end, two starts
// differ.
TEST_CASE("RowsMayBringTheirWindowAlong") {
  const SchemaPtr input =
      schema_of({"k text", "v int", "s timestamptz", "e timestamptz!", "l timestamptz!"});
  WindowAggregateSpec spec;
  spec.window = {.kind = WindowKind::kGiven, .time_column = 3, .start_column = 2, .last_column = 4};
  spec.keys = {0};
  spec.aggregates = {{.name = "most", .function = kMax, .argument = 1, .type = TypeKind::kInt}};
  OperatorCase the_case =
      window_case(spec, input,
                  stream({rows_step(batch_of(input, {{"a", "1", "@0", "@10", "@9.999999"},
                                                     {"a", "3", "@0", "@10", "@9.999999"},
                                                     {"a", "2", "@5", "@10", "@9.999999"}})),
                          watermark_step(10),
                          rows_step(batch_of(input, {{"b", "7", "@10", "@20", "@19.999999"}}))}));
  the_case.expected[kRowsPort] =
      json_rows(the_case.outputs[0], {{"a", "@0", "@10", "@9.999999", "3"},
                                      {"a", "@5", "@10", "@9.999999", "2"},
                                      {"b", "@10", "@20", "@19.999999", "7"}});
  check_operator(the_case);
}

TEST_CASE("LateRowsLeaveByTheirOwnPort") {
  const Windows windows{
      .input = schema_of({"k text", "at timestamptz!"}), .keys = {"k"}, .aggregates = {{}}};
  check_windows(
      windows, late_stream(windows.input),
      {.rows = {{"a", "@10", "@20", "@19.999999", "1"}, {"a", "@20", "@30", "@29.999999", "1"}},
       .late = 2,
       .late_rows = {{R"({"k":"a","at":"1970-01-01T00:00:09Z"})", "events", "4", "102", "w", "@10",
                      "10 seconds"},
                     {R"({"k":"long enough to leave its slot","at":"1970-01-01T00:00:01Z"})",
                      "events", "4", "103", "w", "@10", "0 seconds"}}});
}

TEST_CASE("LateRowsAreCountedWhenNobodyWantsThem") {
  const Windows windows{
      .input = schema_of({"k text", "at timestamptz!"}), .keys = {"k"}, .aggregates = {{}}};
  check_windows(
      windows, late_stream(windows.input),
      {.rows = {{"a", "@10", "@20", "@19.999999", "1"}, {"a", "@20", "@30", "@29.999999", "1"}},
       .late = 2,
       .late_open = false});
}

TEST_CASE("WindowsThatAreOpenWhenTheStreamStopsDoNotFire") {
  const Windows windows{
      .input = schema_of({"k text", "at timestamptz!"}), .keys = {"k"}, .aggregates = {{}}};
  OperatorCase the_case =
      window_case(whole_spec(windows), windows.input,
                  {rows_step(batch_of(windows.input, {{"a", "@1"}, {"a", "@11"}})),
                   watermark_step(10), end_step()});
  the_case.expected[kRowsPort] =
      json_rows(result_schema(windows), {{"a", "@0", "@10", "@9.999999", "1"}});
  check_operator(the_case);
}

// What the operator says to these rows of one column and to the end of time.
Result<Progress> fired(const Windows& windows, const std::vector<Cells>& rows) {
  const OperatorCase the_case = window_case(whole_spec(windows), windows.input, {});
  TaskState state(128, {0, 127}, std::make_unique<MemoryResidency>());
  const std::unique_ptr<Operator> op = the_case.make(state);
  CollectedOutput out;
  Result<Progress> taken = op->process(Port{0}, batch_of(windows.input, rows), 0, out);
  return taken.ok() ? op->process(Port{0}, Watermark{kMaxTime}, 0, out) : taken;
}

TEST_CASE("ASumBeyondItsTypeFailsTheJob") {
  const auto check = [](const char* type, const std::string& value) {
    INFO(type << " " << value);
    const Windows windows{
        .input = schema_of({("v " + std::string(type)).c_str(), "at timestamptz!"}),
        .aggregates = {{kSum, "v"}}};
    const std::vector<Cells> rows(2, {value.c_str(), "@1"});
    const Result<Progress> progress = fired(windows, rows);
    REQUIRE_FALSE(progress.ok());
    REQUIRE(progress.error().kind == ErrorKind::kBadData);
    REQUIRE(progress.error().message.find("\"a0\"") != std::string::npos);
  };
  check("numeric(38,0)", std::string(38, '9'));        // Beyond 128 bits
  check("numeric(38,0)", "6" + std::string(37, '0'));  // Within them, beyond 38 digits
}

// Rows of `count` keys, one each, from `first_key` on, all at `at`.
Steps many_keys(const SchemaPtr& schema, int64_t first_key, size_t count, int64_t at) {
  Steps steps;
  while (count != 0) {
    const size_t rows = std::min(count, kBatchRows);
    ColumnWriter keys(TypeKind::kBigint, rows);
    ColumnWriter times(TypeKind::kTimestamptz, rows);
    for (size_t i = 0; i < rows; ++i) {
      keys.append(first_key++);
      times.append(at);
    }
    RecordBatch batch;
    batch.schema = schema;
    batch.rows = static_cast<uint32_t>(rows);
    batch.columns = {std::move(keys).finish(), std::move(times).finish()};
    steps.push_back(rows_step(std::move(batch)));
    count -= rows;
  }
  return steps;
}

Steps operator+(Steps a, const Steps& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

std::vector<std::string> result_rows(const OperatorCase& the_case, const Run& run) {
  if (the_case.read_rows) return sorted(the_case.read_rows(run.out));
  const auto rows = run.rows.find(kRowsPort);
  return rows == run.rows.end() ? std::vector<std::string>() : rows->second;
}

// Counts of all rows, key by key and window by window; rows of one key are expected as often as
// they were sent.
void check_counts(const Windows& windows, const Steps& steps) {
  std::map<std::pair<int64_t, int64_t>, int64_t> counts;
  for (const Step& step : steps) {
    const auto* batch = std::get_if<RecordBatch>(&step.element);
    if (batch == nullptr) continue;
    for (uint32_t row = 0; row < batch->rows; ++row) {
      const int64_t at = batch->columns[1]->values<int64_t>()[row];
      ++counts[{at / seconds(10) * 10, batch->columns[0]->values<int64_t>()[row]}];
    }
  }
  std::vector<std::string> expected;
  for (const auto& [group, count] : counts) {
    const auto at = [](int64_t second) {
      return "1970-01-01T00:00:" + std::string(second < 10 ? "0" : "") + std::to_string(second);
    };
    expected.push_back("{\"k\":" + std::to_string(group.second) + ",\"window_start\":\"" +
                       at(group.first) + "Z\",\"window_end\":\"" + at(group.first + 10) +
                       "Z\",\"window_time\":\"" + at(group.first + 9) +
                       ".999999Z\",\"a0\":" + std::to_string(count) + "}");
  }
  const std::vector<std::string> all = sorted(std::move(expected));
  const auto check = [&all](const OperatorCase& the_case, const Schedule& schedule) {
    INFO(schedule.name);
    const Run run = run_operator(the_case, schedule);
    const std::vector<std::string> rows = result_rows(the_case, run);
    REQUIRE(rows.size() == all.size());
    REQUIRE((rows == all));
  };
  const OperatorCase whole = window_case(whole_spec(windows), windows.input, steps);
  check(whole, {.name = "whole"});
  check(whole, {.name = "whole, pending first", .pending_first = true});
  const OperatorCase partial = partial_case(windows, steps);
  check(partial, {.name = "partial"});
  check(partial, {.name = "partial, pending first", .pending_first = true});
}

TEST_CASE("AWindowWithManyKeysFiresAFewBatchesAtATime") {
  const Windows windows{
      .input = schema_of({"k bigint", "at timestamptz!"}), .keys = {"k"}, .aggregates = {{}}};
  check_counts(windows, stream(many_keys(windows.input, 0, 30'000, seconds(1)) +
                               many_keys(windows.input, 0, 5'000, seconds(2))));
}

// The partial phase sends everything on when it holds too many groups, and must come to the end of
// a slice it has begun, wherever it gave way: how many groups the first window has moves that place
// through all batches of the second.
TEST_CASE("ThePartialPhaseForgetsNothingWhenItHoldsTooManyGroups") {
  const Windows windows{
      .input = schema_of({"k bigint", "at timestamptz!"}), .keys = {"k"}, .aggregates = {{}}};
  for (const size_t first : {25'000, 29'000, 33'000, 37'000}) {
    INFO(first << " groups in the first window");
    check_counts(windows, stream(many_keys(windows.input, 0, first, seconds(1)) +
                                 many_keys(windows.input, 0, 68'000 - first, seconds(11)) +
                                 many_keys(windows.input, 0, 68'000 - first, seconds(12))));
  }
}

TEST_CASE("ThePartialPhaseHoldsNothingAfterABarrier") {
  const Windows windows{
      .input = schema_of({"k bigint", "at timestamptz!"}), .keys = {"k"}, .aggregates = {{}}};
  const OperatorCase the_case = window_case(partial_spec(windows), windows.input, {});
  TaskState state(128, {0, 127}, std::make_unique<MemoryResidency>());
  const std::unique_ptr<Operator> op = the_case.make(state);
  CollectedOutput out;
  const Element rows = batch_of(windows.input, {{"1", "@1"}, {"2", "@15"}, {"1", "@2"}});
  REQUIRE(*op->process(Port{0}, rows, 0, out) == Progress::kDone);
  REQUIRE(out.batches().empty());
  REQUIRE(state.bytes() != 0);
  REQUIRE(*op->process(Port{0}, Barrier{Epoch(1)}, 0, out) == Progress::kDone);
  REQUIRE(sorted(out.rows(kRowsPort)) ==
          json_rows(the_case.outputs[0], {{"1", "@10", "2"}, {"2", "@20", "1"}}));
  REQUIRE(state.bytes() == 0);
}

TEST_CASE("ThePartialPhaseHoldsABoundedNumberOfGroups") {
  const Windows windows{
      .input = schema_of({"k bigint", "at timestamptz!"}), .keys = {"k"}, .aggregates = {{}}};
  const auto state_bytes = [&windows](size_t keys) {
    return run_operator(window_case(partial_spec(windows), windows.input,
                                    stream(many_keys(windows.input, 0, keys, seconds(1)))),
                        {.name = "partial"})
        .state_bytes_max;
  };
  REQUIRE(state_bytes(300'000) <= state_bytes(66'000));
}

const std::vector<Aggregate>& aggregates_to_choose_from() {
  static const std::vector<Aggregate> all = [] {
    std::vector<Aggregate> made;
    for (const std::string filter : {"", "ok"}) {
      made.push_back({kCountStar, "", filter});
      for (const std::string argument : {"k", "g", "v", "n", "f"}) {
        for (const bool distinct : {false, true}) {
          made.push_back({kCount, argument, filter, distinct});
          made.push_back({kMin, argument, filter, distinct});
          made.push_back({kMax, argument, filter, distinct});
          if (argument == "k") continue;
          made.push_back({kSum, argument, filter, distinct});
          made.push_back({kAvg, argument, filter, distinct});
        }
      }
    }
    return made;
  }();
  return all;
}

void make_them_overlap(Windows& windows, std::mt19937_64& dice) {
  if (dice() % 2 == 0) {
    windows.kind = WindowKind::kHop;
    windows.slide = seconds(1 + static_cast<int64_t>(dice()) % (windows.size / seconds(1)));
    windows.slide = std::clamp(windows.slide, seconds(1), windows.size);
  } else {
    windows.kind = WindowKind::kCumulate;
    windows.slide = windows.size;
    windows.size *= 1 + static_cast<int64_t>(dice() % 5);
  }
}

Windows random_windows(std::mt19937_64& dice) {
  Windows windows{.input = reference_input(), .aggregates = {}};
  for (const std::string key : {"k", "g", "ok", "v", "n", "f"}) {
    if (dice() % 5 == 0) windows.keys.push_back(key);
  }
  const bool overlap = dice() % 2 == 0;
  const bool two_phases = overlap || dice() % 2 == 0;
  const size_t aggregates = 1 + dice() % 6;
  while (windows.aggregates.size() < aggregates) {
    const auto& all = aggregates_to_choose_from();
    const Aggregate& chosen = all[dice() % all.size()];
    if (!two_phases || !chosen.distinct) windows.aggregates.push_back(chosen);
  }
  windows.size = seconds(1 + static_cast<int64_t>(dice() % 20));
  windows.offset = seconds(static_cast<int64_t>(dice() % 11) - 5);
  if (overlap) make_them_overlap(windows, dice);
  return windows;
}

Schedule random_schedule(uint64_t seed, std::mt19937_64& dice) {
  const std::vector<std::vector<uint32_t>> instances = {{1}, {1, 2, 3, 2}, {2}, {3, 1}};
  return {.name = "random",
          .batching = static_cast<Batching>(dice() % 4),
          .seed = seed,
          .pending_first = dice() % 2 == 0,
          .snapshots = dice() % 4 == 0,
          .instances = instances[dice() % instances.size()],
          .restores = dice() % 2 == 0};
}

void check_seed(uint64_t seed) {
  std::mt19937_64 dice(seed);
  const Windows windows = random_windows(dice);
  const RandomStream stream = random_stream(windows, dice);
  const std::vector<std::string> expected = sorted(reference_results(windows, stream.on_time));
  const auto check = [&](OperatorCase the_case) {
    const Run run = run_operator(the_case, random_schedule(seed, dice));
    REQUIRE(run.counters.late == stream.late);
    REQUIRE(run.counters.late_pairs == stream.late_pairs);
    REQUIRE(result_rows(the_case, run) == expected);
  };
  check(window_case(whole_spec(windows), windows.input, stream.steps));
  if (has_partial_form(windows)) check(partial_case(windows, stream.steps));
}

TEST_CASE("AgreesWithTheReferenceOnRandomStreams") {
  for (const uint64_t seed : Seeds(500)) {
    INFO("replay with WEIR_SEED=" << seed);
    check_seed(seed);
  }
}

}  // namespace
}  // namespace weir
