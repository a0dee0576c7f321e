#include "engine/base/status.h"

#include <catch2/catch.hpp>

#include <memory>
#include <string>

namespace weir {
namespace {

Result<int> half_of(int number) {
  if (number % 2 != 0) return bad_data("cannot halve " + std::to_string(number));
  return number / 2;
}

Result<int> quarter_of(int number) {
  const int half = TRY(half_of(number));
  return half_of(half);
}

Status check_quarter(int number, int& seen) {
  seen = TRY(quarter_of(number));
  return {};
}

Status check_both(int number, int& seen) {
  TRY(check_quarter(number, seen));
  TRY(check_quarter(number + 4, seen));
  return {};
}

TEST_CASE("StatusWithoutAnErrorIsOk") {
  const Status status;
  REQUIRE(status.ok());
}

TEST_CASE("StatusKeepsItsError") {
  Status status = unavailable("cannot reach broker: host=a");
  REQUIRE_FALSE(status.ok());
  REQUIRE(status.error() == unavailable("cannot reach broker: host=a"));
  const Error taken = std::move(status).error();
  REQUIRE(taken.message == "cannot reach broker: host=a");
}

TEST_CASE("TryGivesTheValue") {
  REQUIRE(quarter_of(8).ok());
  REQUIRE(*quarter_of(8) == 2);
}

TEST_CASE("TryReturnsTheFirstError") {
  REQUIRE(quarter_of(3).error() == bad_data("cannot halve 3"));
  REQUIRE(quarter_of(6).error() == bad_data("cannot halve 3"));
}

TEST_CASE("TryPassesErrorsFromResultToStatus") {
  int seen = 0;
  REQUIRE(check_both(8, seen).ok());
  REQUIRE(seen == 3);
  REQUIRE(check_both(6, seen).error() == bad_data("cannot halve 3"));
}

TEST_CASE("ResultMovesAValueThatCannotBeCopied") {
  Result<std::unique_ptr<int>> result = std::make_unique<int>(7);
  const std::unique_ptr<int> value = std::move(result).value();
  REQUIRE(*value == 7);
}

TEST_CASE("ResultConvertsToItsValueType") {
  const Result<std::string> text = "abc";
  REQUIRE(text->size() == 3);
  const Result<std::shared_ptr<const int>> pointer = std::make_shared<int>(3);
  REQUIRE(**pointer == 3);
}

TEST_CASE("EveryErrorKindHasItsName") {
  REQUIRE(to_text(user_error("").kind) == std::string("user"));
  REQUIRE(to_text(bad_data("").kind) == std::string("bad_data"));
  REQUIRE(to_text(unavailable("").kind) == std::string("unavailable"));
  REQUIRE(to_text(ErrorKind::kFenced) == std::string("fenced"));
  REQUIRE(to_text(corrupt("").kind) == std::string("corrupt"));
}

}  // namespace
}  // namespace weir
