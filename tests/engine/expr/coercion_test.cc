#include "engine/expr/coercion.h"

#include "tests/engine/expr/sheet.h"

#include <catch2/catch.hpp>

#include <set>

namespace weir {

TEST_CASE("NoCastStandsTwiceAndAllHaveKernels") {
  std::set<std::pair<TypeKind, TypeKind>> seen;
  for (const auto& casts : {number_casts(), time_casts(), text_casts()}) {
    for (const Cast& cast : casts) {
      CHECK(seen.insert({cast.from, cast.to}).second);
      CHECK(cast.kernel != nullptr);
      CHECK(find_cast(cast.from, cast.to) == &cast);
    }
  }
}

TEST_CASE("NothingIsLostByImplicitCasts") {
  CHECK(casts_implicitly(TypeKind::kInt, TypeKind::kBigint));
  CHECK(casts_implicitly(TypeKind::kNumeric, TypeKind::kDouble));
  CHECK(casts_implicitly(TypeKind::kDate, TypeKind::kTimestamptz));
  CHECK_FALSE(casts_implicitly(TypeKind::kBigint, TypeKind::kInt));
  CHECK_FALSE(casts_implicitly(TypeKind::kDouble, TypeKind::kNumeric));
  CHECK_FALSE(casts_implicitly(TypeKind::kInt, TypeKind::kText));
  CHECK_FALSE(casts_implicitly(TypeKind::kText, TypeKind::kInt));
}

TEST_CASE("NumericOfTextCountsDigits") {
  const auto shape = [](std::string_view text) {
    const Result<Type> type = numeric_of_text(text);
    return type.ok() ? to_text(*type) : std::string("refused");
  };
  CHECK(shape("12.30") == "numeric(4,2)");
  CHECK(shape(" -0.050 ") == "numeric(3,3)");
  CHECK(shape("00012") == "numeric(2,0)");
  CHECK(shape("0") == "numeric(1,0)");
  CHECK(shape("1.5e2") == "numeric(3,0)");
  CHECK(shape("1e-2") == "numeric(2,2)");
  CHECK(shape("1e40") == "refused");
  CHECK(shape("abc") == "refused");
  CHECK(shape("1e") == "refused");
  CHECK(shape("") == "refused");
}

}  // namespace weir
