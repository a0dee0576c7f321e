// The right operator for a stage is made, and it does what its spec says.
#include "operators/make_operator.h"

#include "engine/expr/build.h"
#include "engine/time/watermark.h"
#include "tests/operators/stages.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

class NoNames : public SplitNames {
 public:
  SplitName name_of(SplitId) const override { return {}; }
};

SchemaPtr one_bigint() {
  return std::make_shared<const Schema>(
      Schema{{{.name = "n", .type = TypeKind::kBigint, .nullable = false, .event_time = false}}});
}

class Collected : public Output {
 public:
  void emit(Port, RecordBatch batch) override { rows += batch.size(); }
  bool is_open(Port) const override { return true; }

  size_t rows = 0;
};

size_t rows_through(const VertexSpec& spec) {
  TaskState state(128, {0, 127}, std::make_unique<MemoryResidency>());
  const NoNames names;
  const StagePlan stage = stage_of(spec, one_bigint(), "step");
  const std::unique_ptr<Operator> op = make_operator(stage, state, names);
  auto arena = std::make_shared<Arena>();
  ColumnWriter writer(TypeKind::kBigint, 2, arena);
  writer.append(int64_t{1});
  writer.append(int64_t{2});
  RecordBatch batch;
  batch.schema = one_bigint();
  batch.rows = 2;
  batch.columns = {std::move(writer).finish()};
  Collected out;
  REQUIRE(op->process(kRowsPort, batch, 0, out).ok());
  return out.rows;
}

}  // namespace

TEST_CASE("MakesProjections") {
  ProjectSpec project;
  project.columns = {{"n", make_column(0, TypeKind::kBigint)}};
  CHECK(rows_through(project) == 2);
}

// What is late is the business of each kind; that a row comes back out shows which was made.
size_t rows_until_the_end(const VertexSpec& spec, const SchemaPtr& input) {
  TaskState state(128, {0, 127}, std::make_unique<MemoryResidency>());
  const NoNames names;
  const std::unique_ptr<Operator> op = make_operator(stage_of(spec, input, "step"), state, names);
  RecordBatch batch;
  batch.schema = input;
  batch.rows = 1;
  for (const Field& field : input->fields) {
    ColumnWriter writer(field.type, 1);
    writer.append(int64_t{10});
    batch.columns.push_back(std::move(writer).finish());
  }
  Collected out;
  for (size_t port = 0; port < input_ports(spec); ++port) {
    REQUIRE(op->process(Port(static_cast<uint16_t>(port)), batch, 0, out).ok());
  }
  REQUIRE(op->process(kRowsPort, Watermark{kMaxTime}, 0, out).ok());
  return out.rows;
}

TEST_CASE("MakesWhatWorksInWindows") {
  const SchemaPtr input = std::make_shared<const Schema>(Schema{
      {{.name = "start", .type = TypeKind::kTimestamptz, .nullable = false, .event_time = false},
       {.name = "end", .type = TypeKind::kTimestamptz, .nullable = false, .event_time = true}}});
  const JoinSide side{.columns = input->fields, .keys = {0}, .time = 1};
  const WindowSpec hops{.kind = WindowKind::kHop, .time_column = 1, .size = 4, .slide = 2};
  REQUIRE(rows_until_the_end(AssignWindowSpec{hops}, input) == 2);
  REQUIRE(rows_until_the_end(ProcessingTimeSpec{}, input) == 1);
  const WindowSpec given{.kind = WindowKind::kGiven, .time_column = 1, .start_column = 0};
  const WindowRankSpec rank{.window = given, .order = {{.column = 0}}, .ranks = {{.name = "n"}}};
  REQUIRE(rows_until_the_end(rank, input) == 1);
  const WindowJoinSpec windows{.left = side, .right = side, .condition = nullptr};
  REQUIRE(rows_until_the_end(windows, input) == 1);
  const IntervalJoinSpec interval{.left = side, .right = side, .condition = nullptr};
  REQUIRE(rows_until_the_end(interval, input) == 1);
}

TEST_CASE("MakesUnions") { CHECK(rows_through(UnionSpec{one_bigint()->fields}) == 2); }

TEST_CASE("MakesOver") {
  OverSpec over{.order = OverOrder::kLog, .calls = {}};
  over.calls.push_back(
      {.name = "c", .aggregate = AggregateFunction::kCountStar, .type = TypeKind::kBigint});
  CHECK(rows_through(over) == 2);
}

// It gives rows when the watermark comes.
TEST_CASE("MakesSuppress") {
  TaskState state(128, {0, 127}, std::make_unique<MemoryResidency>());
  const NoNames names;
  const auto schema = std::make_shared<const Schema>(Schema{
      {{.name = "at", .type = TypeKind::kTimestamp, .nullable = false, .event_time = true}}});
  const StagePlan stage = stage_of(SuppressSpec{}, schema, "step");
  const std::unique_ptr<Operator> op = make_operator(stage, state, names);
  ColumnWriter writer(TypeKind::kTimestamp, 1);
  writer.append(int64_t{1});
  RecordBatch batch;
  batch.schema = schema;
  batch.rows = 1;
  batch.columns = {std::move(writer).finish()};
  Collected out;
  REQUIRE(op->process(kRowsPort, batch, 0, out).ok());
  REQUIRE(out.rows == 0);
  REQUIRE(op->process(kRowsPort, Watermark{2}, 0, out).ok());
  REQUIRE(out.rows == 1);
}

}  // namespace weir
