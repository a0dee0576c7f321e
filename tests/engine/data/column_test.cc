#include "engine/data/column.h"

#include <catch2/catch.hpp>

#include <string>

namespace weir {
namespace {

Type person() {
  return Type::composite(std::make_shared<const CompositeType>(
      CompositeType{.name = "person",
                    .fields = {{.name = "name", .type = TypeKind::kText},
                               {.name = "age", .type = TypeKind::kInt},
                               {.name = "rich", .type = TypeKind::kBoolean}}}));
}

// Ada of 36, nobody, somebody without a name.
ColumnPtr three_people() {
  ColumnWriter writer(person(), 3);
  writer.child(0).append_text("Ada");
  writer.child(1).append(36);
  writer.child(2).append_bool(true);
  writer.append_composite();
  writer.append_null();
  writer.child(0).append_null();
  writer.child(1).append(1);
  writer.child(2).append_bool(false);
  writer.append_composite();
  return std::move(writer).finish();
}

TEST_CASE("AppendedValuesStandInOrder") {
  ColumnWriter writer(TypeKind::kBigint, 4);
  writer.append(int64_t{5});
  writer.append_null();
  writer.append(int64_t{-7});
  REQUIRE(writer.size() == 3);
  const ColumnPtr column = std::move(writer).finish();
  REQUIRE(column->size() == 3);
  REQUIRE(column->values<int64_t>()[0] == 5);
  REQUIRE(column->values<int64_t>()[2] == -7);
  REQUIRE(column->is_null(1));
  REQUIRE_FALSE(column->is_null(2));
}

TEST_CASE("ColumnWithoutNullsHasNoValidity") {
  ColumnWriter writer(TypeKind::kInt, 1);
  writer.append(1);
  const ColumnPtr column = std::move(writer).finish();
  REQUIRE_FALSE(column->has_nulls());
  REQUIRE_FALSE(column->is_null(0));
}

TEST_CASE("NullHasZeroBytesWhateverWasThere") {
  ColumnWriter writer(TypeKind::kInt, 2);
  writer.set(0, 99);
  writer.set(1, 98);
  writer.set_null(0);
  const ColumnPtr column = std::move(writer).finish(2);
  REQUIRE(column->values<int32_t>()[0] == 0);
  REQUIRE(column->values<int32_t>()[1] == 98);
}

TEST_CASE("RowsThatWereNeverSetHoldZero") {
  ColumnWriter writer(TypeKind::kDouble, 3);
  writer.set(1, 2.5);
  const ColumnPtr column = std::move(writer).finish(3);
  REQUIRE(column->values<double>()[0] == 0);
  REQUIRE(column->values<double>()[1] == 2.5);
  REQUIRE_FALSE(column->is_null(2));
}

TEST_CASE("TextsOfAnyLengthReadBack") {
  ColumnWriter writer(TypeKind::kText, 3);
  writer.append_text("short");
  writer.append_text("longer than stands in a view");
  writer.append_text("");
  const ColumnPtr column = std::move(writer).finish();
  REQUIRE(column->text(0) == "short");
  REQUIRE(column->text(1) == "longer than stands in a view");
  REQUIRE(column->text(2).empty());
  REQUIRE(column->bytes() >= 3 * sizeof(TextView) + 28);
}

TEST_CASE("NullCompositeHasNullFields") {
  const ColumnPtr column = three_people();
  REQUIRE(column->is_null(1));
  for (const ColumnPtr& child : column->children()) REQUIRE(child->is_null(1));
  REQUIRE(column->children()[0]->text(0) == "Ada");
  REQUIRE_FALSE(column->is_null(2));
  REQUIRE(column->children()[0]->is_null(2));
  REQUIRE(column->children()[1]->values<int32_t>()[2] == 1);
}

TEST_CASE("FieldThatNobodyNeedsIsAbsent") {
  const NeededField needed{.needed = true,
                           .fields = {{.needed = false, .fields = {}},
                                      {.needed = true, .fields = {}},
                                      {.needed = false, .fields = {}}}};
  ColumnWriter writer(person(), 2, nullptr, &needed);
  REQUIRE_FALSE(writer.has_child(0));
  REQUIRE(writer.has_child(1));
  writer.child(1).append(36);
  writer.append_composite();
  writer.append_null();
  const ColumnPtr column = std::move(writer).finish();
  REQUIRE(column->children()[0] == nullptr);
  REQUIRE(column->children()[1]->values<int32_t>()[0] == 36);
  REQUIRE(column->is_null(1));
}

TEST_CASE("TruncatedRowsLeaveNoTrace") {
  ColumnWriter writer(person(), 3);
  writer.child(0).append_text("Ada");
  writer.child(1).append(36);
  writer.child(2).append_bool(true);
  writer.append_composite();
  writer.append_null();
  writer.child(0).append_text("a record that turned out bad");  // Its row never came.
  writer.truncate(1);
  REQUIRE(writer.size() == 1);
  writer.child(0).append_text("Bob");
  writer.child(1).append_composite();  // A row that is set afterwards, or holds zero.
  writer.child(2).append_bool(false);
  writer.append_composite();
  const ColumnPtr column = std::move(writer).finish();
  REQUIRE(column->size() == 2);
  REQUIRE_FALSE(column->is_null(1));
  REQUIRE_FALSE(column->children()[1]->is_null(1));
  REQUIRE(column->children()[0]->text(1) == "Bob");
  REQUIRE(column->children()[1]->values<int32_t>()[1] == 0);
}

TEST_CASE("GatherTakesRowsInTheGivenOrder") {
  const uint32_t rows[] = {2, 0, 0, 1};
  const ColumnPtr gathered = gather(three_people(), rows, 4);
  REQUIRE(gathered->size() == 4);
  REQUIRE_FALSE(gathered->is_null(0));
  REQUIRE(gathered->is_null(3));
  REQUIRE(gathered->children()[0]->is_null(0));
  REQUIRE(gathered->children()[0]->text(2) == "Ada");
  REQUIRE(gathered->children()[1]->values<int32_t>()[1] == 36);
  REQUIRE(gathered->children()[2]->boolean(1));
  REQUIRE_FALSE(gathered->children()[2]->boolean(0));
}

TEST_CASE("GatherSharesPayloads") {
  ColumnWriter writer(TypeKind::kText, 2);
  writer.append_text("a payload in the arena");
  writer.append_text("another one in the arena");
  const ColumnPtr column = std::move(writer).finish();
  const uint32_t rows[] = {1};
  const ColumnPtr gathered = gather(column, rows, 1);
  REQUIRE(gathered->arena() == column->arena());
  REQUIRE(gathered->text(0).data() == column->text(1).data());
}

TEST_CASE("GatherOfNothingIsEmptyAndOfAnAbsentColumnIsAbsent") {
  REQUIRE(gather(nullptr, nullptr, 0) == nullptr);
  REQUIRE(gather(three_people(), nullptr, 0)->size() == 0);
}

TEST_CASE("AdoptedArenaLetsViewsBeCopied") {
  ColumnWriter writer(TypeKind::kText, 1);
  writer.append_text("a payload in the arena");
  const ColumnPtr column = std::move(writer).finish();
  ColumnWriter copy(TypeKind::kText, 1);
  copy.adopt_arena(column->arena());
  copy.append_view(column->values<TextView>()[0]);
  REQUIRE((*std::move(copy).finish()).text(0) == "a payload in the arena");
}

TEST_CASE("CompositeIsMadeOfColumnsThatExist") {
  const ColumnPtr people = three_people();
  const NeededField none{.needed = true, .fields = std::vector<NeededField>(3)};
  ColumnWriter writer(person(), 3, nullptr, &none);
  const ColumnPtr column =
      std::move(writer).finish_with(3, {people->children()[0], nullptr, people->children()[2]});
  REQUIRE(column->size() == 3);
  REQUIRE(column->children()[0]->text(0) == "Ada");
  REQUIRE(column->children()[1] == nullptr);
}

TEST_CASE("NullColumnIsNullInEveryRow") {
  for (const Type& type : {Type(TypeKind::kText), Type(TypeKind::kBoolean), person()}) {
    const ColumnPtr column = null_column(type, 70);
    REQUIRE(column->size() == 70);
    for (size_t row = 0; row < 70; ++row) REQUIRE(column->is_null(row));
  }
}

}  // namespace
}  // namespace weir
