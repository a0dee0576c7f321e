// Rows that wait come out in order, with the hashes of their keys, and only the columns that
// somebody reads.
#include "operators/ordered_rows.h"

#include "tests/operators/rows.h"
#include "tests/operators/stages.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

struct Waiting {
  SchemaPtr schema = schema_of({"k text", "at timestamptz!", "unread bigint"});
  TaskState state{128, {0, 127}, std::make_unique<MemoryResidency>()};
  StagePlan stage = [this] {
    StagePlan plan = stage_of(SuppressSpec{.keys = {0}, .time_column = 1}, schema, "s");
    plan.outputs[0].needed[2].needed = false;
    return plan;
  }();
  OrderedRows rows{stage, {0}, 1, state};
};

TEST_CASE("AChunkIsHeldUntilItIsDropped") {
  Waiting waiting;
  waiting.rows.add(
      batch_of(waiting.schema, {{"b", "@2", "0"}, {"a", "@1", "0"}, {"c", "@3", "0"}}));
  REQUIRE(waiting.rows.chunk(seconds(1), 10, Cut::kAnywhere) == nullptr);
  const KeyedRows* chunk = waiting.rows.chunk(seconds(3), 10, Cut::kAnywhere);
  REQUIRE(chunk != nullptr);
  REQUIRE(chunk->rows.rows == 2);
  REQUIRE(chunk->rows.columns[0]->text(0) == "a");
  REQUIRE(chunk->rows.columns[2] == nullptr);
  REQUIRE(waiting.rows.held() == chunk);
  REQUIRE(waiting.rows.chunk(seconds(9), 10, Cut::kAnywhere) == chunk);
  waiting.rows.drop_chunk();
  REQUIRE(waiting.rows.held() == nullptr);
  REQUIRE(waiting.rows.chunk(seconds(9), 10, Cut::kAnywhere)->rows.rows == 1);
}

TEST_CASE("RowsKnowTheHashesOfTheirKeys") {
  const RecordBatch batch = batch_of(schema_of({"k text", "v bigint"}), {{"a", "1"}, {"b", "1"}});
  const KeyedRows rows = keyed_rows(batch, {0});
  std::vector<uint64_t> hashes(2);
  hash_rows({batch.columns[0].get()}, Selection(2), hashes.data());
  REQUIRE(rows.hashes == hashes);
  REQUIRE(rows.keys.hash(1) == hashes[1]);
  REQUIRE(keyed_rows(batch, {}).keys.hashes == nullptr);
}

}  // namespace
}  // namespace weir
