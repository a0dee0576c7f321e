// What holds for every accumulator: NULL states, and that however the values of a group are cut
// into states and brought together again, the result is that of all at once. What is special to a
// function is in the test of its own file.
#include "operators/accumulator.h"

#include "tests/operators/accumulator_group.h"

namespace weir {
namespace {

using enum AggregateFunction;

constexpr AggregateFunction kFunctions[] = {
    kCount,           kSum,       kAvg,        kMin,       kMax,
    kBoolAnd,         kBoolOr,    kStddevSamp, kStddevPop, kVarSamp,
    kVarPop,          kStringAgg, kFirstValue, kLastValue, kApproxCountDistinct,
    kApproxPercentile};

struct Kind {
  const char* type;
  std::vector<Cell> values;
};

const std::vector<Kind> kKinds = {
    {"boolean", {"true", "false", "true", "true"}},
    {"int", {"5", "-3", "2147483647", "9"}},
    {"bigint", {"9223372036854775807", "9223372036854775807", "-1", "0"}},
    {"numeric(12,2)", {"0.01", "-5.55", "1000000.00", "7"}},
    {"numeric(38,2)", {"0.01", "-5.55", "1000000.00", "7"}},
    {"double precision", {"0.5", "-8", "1024", "3"}},
    {"text", {"b", "a text of more than twelve bytes", "", "a text of more than twelve byteS"}},
    {"date", {"2024-02-29", "1969-12-31", "0044-03-15 BC", "2000-01-01"}},
    {"interval", {"1 month", "30 days 00:00:01", "-1 year", "00:00:00"}}};

// Calls f(function, kind) for each function and each of the types that it takes.
template <typename F>
void each_call(F&& f) {
  for (const AggregateFunction function : kFunctions) {
    for (const Kind& kind : kKinds) {
      if (!aggregate_type(function, *type_named(kind.type)).ok()) continue;
      INFO(function_name(function) << " of " << kind.type);
      f(function, kind);
    }
  }
}

TEST_CASE("WithoutValuesCountsAreZeroAndTheRestIsNull") {
  each_call([](AggregateFunction function, const Kind& kind) {
    REQUIRE(OneGroup(function, kind.type).result() == (counts(function) ? "0" : "NULL"));
  });
}

TEST_CASE("MergingAnEmptyStateChangesNothing") {
  each_call([](AggregateFunction function, const Kind& kind) {
    OneGroup full(function, kind.type);
    REQUIRE(full.add(kind.values).ok());
    const std::string before = full.result();
    REQUIRE(full.merge(OneGroup(function, kind.type)).ok());
    REQUIRE(full.result() == before);
    REQUIRE(full.merge_row(OneGroup(function, kind.type)).ok());
    REQUIRE(full.result() == before);

    OneGroup sent(function, kind.type);
    REQUIRE(sent.merge(full).ok());
    REQUIRE(sent.result() == before);
    OneGroup row(function, kind.type);
    REQUIRE(row.merge_row(full).ok());
    REQUIRE(row.result() == before);
  });
}

TEST_CASE("TwoStatesAreOneWhole") {
  each_call([](AggregateFunction function, const Kind& kind) {
    OneGroup whole(function, kind.type);
    REQUIRE(whole.add(kind.values).ok());
    for (size_t cut = 0; cut <= kind.values.size(); ++cut) {
      const std::vector<Cell> head(kind.values.begin(), kind.values.begin() + cut);
      const std::vector<Cell> tail(kind.values.begin() + cut, kind.values.end());
      for (const bool as_row : {false, true}) {
        OneGroup first(function, kind.type);
        OneGroup second(function, kind.type);
        REQUIRE(first.add(head).ok());
        REQUIRE(second.add(tail).ok());
        REQUIRE((as_row ? second.merge_row(first) : second.merge(first)).ok());
        REQUIRE(second.result() == whole.result());
      }
    }
  });
}

TEST_CASE("AMergedRowOutlivesTheTableItCameFrom") {
  each_call([](AggregateFunction function, const Kind& kind) {
    OneGroup whole(function, kind.type);
    REQUIRE(whole.add(kind.values).ok());
    OneGroup target(function, kind.type);
    {
      OneGroup source(function, kind.type);
      REQUIRE(source.add(kind.values).ok());
      REQUIRE(target.merge_row(source).ok());
    }
    REQUIRE(target.result() == whole.result());
  });
}

TEST_CASE("ExactSumsAndCountsCanBeTakenBack") {
  each_call([](AggregateFunction function, const Kind& kind) {
    const bool is_double = std::string_view(kind.type) == "double precision";
    const bool expected =
        function == kCount || ((function == kSum || function == kAvg) && !is_double);
    REQUIRE(OneGroup(function, kind.type).can_retract() == expected);
  });
}

TEST_CASE("WhatIsTakenBackWasNeverThere") {
  each_call([](AggregateFunction function, const Kind& kind) {
    if (!OneGroup(function, kind.type).can_retract()) return;
    OneGroup empty(function, kind.type);
    for (size_t cut = 0; cut <= kind.values.size(); ++cut) {
      OneGroup rest(function, kind.type);
      OneGroup gone(function, kind.type);
      REQUIRE(gone.add({kind.values.begin(), kind.values.begin() + cut}).ok());
      REQUIRE(rest.add({kind.values.begin() + cut, kind.values.end()}).ok());
      OneGroup all(function, kind.type);
      REQUIRE(all.add(kind.values).ok());
      all.retract_row(gone);
      REQUIRE(all.result() == rest.result());
      all.retract_row(empty);
      REQUIRE(all.result() == rest.result());
      all.retract_row(rest);
      REQUIRE(all.result() == empty.result());
      REQUIRE(all.merge(rest).ok());
      REQUIRE(all.result() == rest.result());
    }
  });
}

}  // namespace
}  // namespace weir
