#include "engine/data/type.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

Type point(const char* name = "point") {
  return Type::composite(std::make_shared<const CompositeType>(CompositeType{
      .name = name,
      .fields = {{.name = "x", .type = TypeKind::kInt}, {.name = "y", .type = TypeKind::kInt}}}));
}

TEST_CASE("EveryNamedTypeIsFoundByItsOwnName") {
  for (const char* name :
       {"boolean", "integer", "bigint", "double precision", "numeric(12,2)", "text", "bytea",
        "date", "timestamp without time zone", "timestamp with time zone", "interval"}) {
    INFO(name);
    REQUIRE(to_text(*type_named(name)) == name);
  }
}

TEST_CASE("ShortNamesStandForTheSameTypes") {
  REQUIRE(*type_named("bool") == Type(TypeKind::kBoolean));
  REQUIRE(*type_named("int4") == Type(TypeKind::kInt));
  REQUIRE(*type_named("int8") == Type(TypeKind::kBigint));
  REQUIRE(*type_named("float8") == Type(TypeKind::kDouble));
  REQUIRE(*type_named("timestamptz") == Type(TypeKind::kTimestamptz));
  REQUIRE(*type_named("decimal( 38 , 10 )") == Type::numeric(38, 10));
  REQUIRE(*type_named("numeric(5)") == Type::numeric(5, 0));
}

TEST_CASE("UnknownTypeSaysWhichThereAre") {
  const Error error = type_named("varchar").error();
  REQUIRE(error.kind == ErrorKind::kUser);
  REQUIRE(error.message.find("type \"varchar\" does not exist: use boolean") == 0);
}

TEST_CASE("NumericNeedsItsParametersInRange") {
  for (const char* name :
       {"numeric", "numeric()", "numeric(", "numeric(x)", "numeric(0,0)", "numeric(39,0)",
        "numeric(5,6)", "numeric(5,-1)", "numeric(5,2", "numerics", "numeric(5,2,1)"}) {
    INFO(name);
    REQUIRE(type_named(name).error().kind == ErrorKind::kUser);
  }
}

TEST_CASE("TypesAreEqualByParametersAndFields") {
  REQUIRE(Type::numeric(12, 2) == Type::numeric(12, 2));
  REQUIRE_FALSE(Type::numeric(12, 2) == Type::numeric(12, 3));
  REQUIRE_FALSE(Type::numeric(12, 2) == Type::numeric(13, 2));
  REQUIRE_FALSE(Type(TypeKind::kText) == Type(TypeKind::kBytea));
  REQUIRE(point() == point());
  REQUIRE_FALSE(point() == point("other"));
  REQUIRE(Type::array(point()) == Type::array(point()));
  REQUIRE_FALSE(Type::array(TypeKind::kInt) == Type::array(TypeKind::kBigint));
}

TEST_CASE("CompositesAndArraysAreNamedByTheirParts") {
  REQUIRE(to_text(point()) == "point");
  REQUIRE(to_text(Type::array(Type::numeric(5, 2))) == "numeric(5,2)[]");
  REQUIRE(point().fields().fields[1].name == "y");
  REQUIRE(Type::array(TypeKind::kText).element() == Type(TypeKind::kText));
}

TEST_CASE("WidthIsThatOfTheMemoryForm") {
  REQUIRE(Type(TypeKind::kBoolean).width() == 0);
  REQUIRE(Type(TypeKind::kInt).width() == 4);
  REQUIRE(Type(TypeKind::kDate).width() == 4);
  REQUIRE(Type(TypeKind::kTimestamptz).width() == 8);
  REQUIRE(Type(TypeKind::kDouble).width() == 8);
  REQUIRE(Type::numeric(1, 0).width() == 16);
  REQUIRE(Type(TypeKind::kText).width() == 16);
  REQUIRE(Type(TypeKind::kInterval).width() == 16);
  REQUIRE(point().width() == 0);
}

TEST_CASE("GroupsOfTypesHoldTheirMembers") {
  REQUIRE(Type(TypeKind::kBytea).is_text_like());
  REQUIRE_FALSE(Type(TypeKind::kDate).is_text_like());
  REQUIRE(Type(TypeKind::kInt).is_integer());
  REQUIRE_FALSE(Type::numeric(5, 0).is_integer());
  REQUIRE(Type::numeric(5, 0).is_number());
  REQUIRE_FALSE(Type(TypeKind::kInterval).is_number());
  REQUIRE(Type(TypeKind::kTimestamp).is_time());
  REQUIRE_FALSE(Type(TypeKind::kDate).is_time());
}

}  // namespace
}  // namespace weir
