#include "operators/connectors/kafka/record_key.h"

#include <catch2/catch.hpp>

namespace weir::kafka {

namespace {

// Two rows: ("4711", 7) and (NULL, 8).
RecordBatch cards() {
  auto schema = std::make_shared<Schema>();
  schema->fields = {{.name = "card", .type = TypeKind::kText},
                    {.name = "day", .type = TypeKind::kInt}};
  ColumnWriter card(TypeKind::kText, 2);
  card.append_text("4711");
  card.append_null();
  ColumnWriter day(TypeKind::kInt, 2);
  day.append(int32_t{7});
  day.append(int32_t{8});
  RecordBatch batch;
  batch.schema = schema;
  batch.columns = {std::move(card).finish(), std::move(day).finish()};
  batch.rows = 2;
  return batch;
}

std::optional<std::string> key_of(const std::vector<std::string>& columns, size_t row) {
  const RecordBatch batch = cards();
  const RecordKey key = RecordKey::make(columns, *batch.schema).value();
  std::string bytes = "left over";
  if (!key.write(batch, row, bytes)) return std::nullopt;
  return bytes;
}

}  // namespace

TEST_CASE("NoKeyColumnsGiveNoKey") { CHECK(key_of({}, 0) == std::nullopt); }

TEST_CASE("OneTextColumnGivesItsBytes") {
  CHECK(key_of({"card"}, 0) == "4711");
  CHECK(key_of({"card"}, 1) == std::nullopt);
}

TEST_CASE("OtherColumnsGiveAJsonObject") {
  CHECK(key_of({"day"}, 0) == R"({"day":7})");
  CHECK(key_of({"card", "day"}, 0) == R"({"card":"4711","day":7})");
  CHECK(key_of({"day", "card"}, 1) == R"({"day":8,"card":null})");
}

TEST_CASE("UnknownKeyColumnsAreRefused") {
  const auto key = RecordKey::make({"kard"}, *cards().schema);
  REQUIRE_FALSE(key.ok());
  CHECK(key.error().message ==
        "key names a column that the table does not have: 'kard'; it has card, day");
}

}  // namespace weir::kafka
