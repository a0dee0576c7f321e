#include "engine/plan/type_json.h"

#include "tests/engine/plan/fraud_graph.h"

#include <boost/json.hpp>
#include <catch2/catch.hpp>

namespace weir {
namespace {

std::string refusal_of(std::string_view text) {
  const Result<Type> type = type_from_json(boost::json::parse({text.data(), text.size()}));
  return type.ok() ? "" : type.error().message;
}

}  // namespace

TEST_CASE("TypesSurviveTheWayThroughJson") {
  auto inner = std::make_shared<CompositeType>();
  inner->name = "point";
  inner->fields = {field("x", Type(TypeKind::kDouble)),
                   field("tags", Type::array(TypeKind::kText))};
  auto outer = std::make_shared<CompositeType>();
  outer->name = "line";
  outer->fields = {field("from", Type::composite(inner)),
                   field("via", Type::array(Type::composite(inner)))};
  for (const Type& type : {Type(TypeKind::kBigint), Type(TypeKind::kTimestamptz),
                           Type::numeric(12, 2), Type::array(Type::array(TypeKind::kInt)),
                           Type::composite(outer), Type::array(Type::composite(inner))}) {
    CHECK(type_from_json(type_to_json(type)).value() == type);
  }
}

TEST_CASE("PlainTypesAreTheirNames") {
  CHECK(type_to_json(Type::numeric(12, 2)).as_string() == "numeric(12,2)");
  CHECK(type_to_json(Type::array(TypeKind::kBigint)).as_string() == "bigint[]");
  CHECK(type_from_json("int").value() == Type(TypeKind::kInt));
}

TEST_CASE("RefusesWhatIsNoType") {
  using Catch::Contains;
  CHECK_THAT(refusal_of("\"txt\""), Contains("type \"txt\" does not exist"));
  CHECK_THAT(refusal_of("4"), Contains("a type is a text such as"));
  CHECK_THAT(refusal_of("{\"name\": \"bid\"}"), Contains("a type is a text such as"));
  CHECK_THAT(refusal_of("{\"name\": \"b\", \"fields\": [{\"name\": \"x\"}]}"), Contains("a field"));
  CHECK_THAT(refusal_of("{\"array\": \"int\", \"x\": 1}"), Contains("a type is a text such as"));
}

}  // namespace weir
