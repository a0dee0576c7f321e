// The right operator for a stage is made, and it does what its spec says.
#include "operators/make_operator.h"

#include "engine/expr/build.h"
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
