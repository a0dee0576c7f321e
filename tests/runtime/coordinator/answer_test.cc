#include "runtime/coordinator/answer.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

Answer<int> half(int number) {
  if (number % 2 == 0) return number / 2;
  return Refusal{.kind = RefusalKind::kConflict, .message = "odd", .line = 3, .column = 4};
}

Answer<int> quarter(int number) {
  const int once = TRY(half(number));
  return half(once);
}

Answer<int> of_a_result(const Result<int>& result) { return TRY(Result<int>(result)); }

TEST_CASE("AnAnswerIsAValueOrARefusal") {
  REQUIRE(quarter(8).value() == 2);
  const Answer<int> refused = quarter(6);
  REQUIRE_FALSE(refused.ok());
  REQUIRE(refused.error().line == 3);
  REQUIRE(refusal_name(refused.error().kind) == "conflict");
}

TEST_CASE("AnErrorBecomesARefusalThatSaysWhoMustAct") {
  REQUIRE(of_a_result(5).value() == 5);
  REQUIRE(of_a_result(user_error("no")).error().kind == RefusalKind::kUser);
  REQUIRE(of_a_result(bad_data("no")).error().kind == RefusalKind::kUser);
  REQUIRE(of_a_result(unavailable("no")).error().kind == RefusalKind::kUnavailable);
  REQUIRE(of_a_result(Error{ErrorKind::kFenced, "no"}).error().kind == RefusalKind::kUnavailable);
  REQUIRE(of_a_result(corrupt("no")).error() ==
          Refusal{.kind = RefusalKind::kCorrupt, .message = "no"});
}

}  // namespace
}  // namespace weir
