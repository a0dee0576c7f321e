// Goal: comparisons order every type as PostgreSQL does. Method: for each type a list of texts in
// ascending order, of which every pair is compared by every operator, as columns and constants, by
// value and as a filter.
#include "tests/engine/expr/sheet.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

using Texts = std::vector<std::string>;

struct Ordered {
  std::string type;
  Texts ascending;
};

const std::vector<Ordered> kTypes = {
    {"boolean", {"false", "true"}},
    {"int", {"-2147483648", "-1", "0", "2147483647"}},
    {"bigint", {"-9223372036854775808", "0", "9223372036854775807"}},
    {"double precision", {"-Infinity", "-1.5", "0", "1e-300", "Infinity", "NaN"}},
    {"numeric(20,4)", {"-1000000000000000", "-0.0001", "0", "0.0001", "9999999999999999.9999"}},
    {"text", {"", "A", "Z", "a", "a longer text 1", "a longer text 2", "b", "é"}},
    {"bytea", {"\\x", "\\x00", "\\x0000", "\\x01", "\\xff"}},
    {"date", {"1969-12-31", "1970-01-01", "2024-02-29"}},
    {"timestamp", {"1969-12-31 23:59:59.999999", "1970-01-01", "2024-02-29 12:00:00"}},
    {"timestamptz", {"1970-01-01 00:00:00+01", "1970-01-01 00:00:00Z", "2024-01-01 00:00:00-05"}},
    {"interval", {"-1 day", "0 seconds", "1 hour", "29 days 23:59:59", "1 mon", "31 days"}},
};

bool expected(const std::string& symbol, size_t a, size_t b) {
  if (symbol == "=") return a == b;
  if (symbol == "<>") return a != b;
  if (symbol == "<") return a < b;
  if (symbol == "<=") return a <= b;
  if (symbol == ">") return a > b;
  return a >= b;
}

}  // namespace

TEST_CASE("EveryTypeIsOrderedAsInPostgres") {
  for (const Ordered& type : kTypes) {
    SheetColumn left{"a", type.type, {}};
    SheetColumn right{"b", type.type, {}};
    for (const std::string& a : type.ascending) {
      for (const std::string& b : type.ascending) {
        left.values.emplace_back(a);
        right.values.emplace_back(b);
      }
    }
    const Sheet sheet({left, right});
    const size_t count = type.ascending.size();
    for (const char* symbol : {"=", "<>", "<", "<=", ">", ">="}) {
      INFO(type.type << " " << symbol);
      Texts wanted;
      std::vector<uint32_t> rows;
      for (size_t i = 0; i < count * count; ++i) {
        const bool holds = expected(symbol, i / count, i % count);
        wanted.push_back(holds ? "true" : "false");
        if (holds) rows.push_back(static_cast<uint32_t>(i));
      }
      const ExprPtr test = call(symbol, {sheet.column("a"), sheet.column("b")});
      CHECK(values(test, sheet) == wanted);
      CHECK(filtered(test, sheet) == rows);
      for (size_t i = 0; i < count * count; i += 3) {
        const std::string& a = type.ascending[i / count];
        const std::string& b = type.ascending[i % count];
        CHECK(compute(symbol, {type.type + ":" + a, type.type + ":" + b}) == wanted[i]);
      }
    }
  }
}

TEST_CASE("NumbersOfDifferentTypesCompareByValue") {
  CHECK(compute("=", {"numeric(4,2):1.50", "numeric(3,1):1.5"}) == "true");
  CHECK(compute("<", {"numeric(4,2):1.50", "int:2"}) == "true");
  CHECK(compute(">", {"bigint:3", "double precision:2.5"}) == "true");
  CHECK(compute("=", {"numeric(2,1):0.1", "double precision:0.1"}) == "true");
  const std::string large = "numeric(38,0):" + std::string(38, '9');
  CHECK(compute(">", {large, "numeric(38,37):1.5"}) == "true");
  CHECK(compute("<", {"numeric(38,37):1.5", large}) == "true");
  CHECK(compute("<", {"numeric(38,0):-" + std::string(38, '9'), "numeric(38,30):-1.5"}) == "true");
}

TEST_CASE("DatesAndMomentsCompareInUtc") {
  CHECK(compute("=", {"date:2024-01-01", "timestamp:2024-01-01 00:00:00"}) == "true");
  CHECK(compute("<", {"date:2024-01-01", "timestamptz:2024-01-01 00:00:01Z"}) == "true");
  CHECK(compute("=", {"timestamp:2024-01-01 00:00:00", "timestamptz:2024-01-01 00:00:00Z"}) ==
        "true");
}

TEST_CASE("ComparisonsWithNullAreNull") {
  const Sheet sheet(
      {{"a", "int", {"1", std::nullopt, "3"}}, {"b", "int", {"1", "2", std::nullopt}}});
  const ExprPtr equal = call("=", {sheet.column("a"), sheet.column("b")});
  CHECK(values(equal, sheet) == Texts{"true", "NULL", "NULL"});
  CHECK(filtered(equal, sheet) == std::vector<uint32_t>{0});
  CHECK(filtered(call("<>", {sheet.column("a"), literal("int:7")}), sheet) ==
        std::vector<uint32_t>{0, 2});
  CHECK(filtered(call("=", {sheet.column("a"), literal("int:NULL")}), sheet).empty());
}

}  // namespace weir
