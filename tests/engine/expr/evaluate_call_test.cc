// Goal: what a selection leaves out changes nothing for the rest. Method: random batches with
// NULLs, a set of trees over every family, and random selections: each gives what the dense run
// gives for the same rows, values, errors and filters.
#include "tests/engine/expr/sheet.h"

#include <catch2/catch.hpp>

#include <random>

namespace weir {
namespace {

constexpr uint32_t kRows = 333;

using Random = std::mt19937_64;

Sheet random_sheet(Random& dice) {
  SheetColumn i{"i", "int", {}};
  SheetColumn b{"b", "bigint", {}};
  SheetColumn n{"n", "numeric(12,2)", {}};
  SheetColumn d{"d", "double precision", {}};
  SheetColumn t{"t", "text", {}};
  SheetColumn m{"m", "timestamptz", {}};
  const auto maybe = [&](std::string value) -> std::optional<std::string> {
    if (dice() % 5 == 0) return std::nullopt;
    return value;
  };
  for (uint32_t row = 0; row < kRows; ++row) {
    i.values.push_back(maybe(std::to_string(static_cast<int>(dice() % 7) - 3)));
    b.values.push_back(
        maybe(dice() % 9 == 0 ? "9223372036854775807" : std::to_string(dice() % 99)));
    n.values.push_back(maybe(std::to_string(dice() % 1000) + ".25"));
    d.values.push_back(maybe(std::to_string(dice() % 10) + "e" + std::to_string(dice() % 300)));
    t.values.push_back(
        maybe(std::string(dice() % 30, static_cast<char>('a' + dice() % 3)) + "/é/x"));
    m.values.push_back(maybe("2024-0" + std::to_string(dice() % 9 + 1) + "-11 10:00:00Z"));
  }
  return Sheet({i, b, n, d, t, m});
}

std::vector<ExprPtr> trees(const Sheet& sheet) {
  const ExprPtr i = sheet.column("i");
  const ExprPtr b = sheet.column("b");
  const ExprPtr n = sheet.column("n");
  const ExprPtr d = sheet.column("d");
  const ExprPtr t = sheet.column("t");
  const ExprPtr m = sheet.column("m");
  const ExprPtr quotient = call("/", {b, i});
  const ExprPtr positive = call(">", {i, literal("int:0")});
  return {
      call("+", {b, i}),
      quotient,
      call("mod", {b, literal("bigint:7")}),
      call("*", {n, b}),
      call("/", {n, i}),
      call("*", {d, d}),
      call("sqrt", {i}),
      call("=", {call("mod", {b, literal("bigint:2")}), literal("bigint:0")}),
      call("<", {t, literal("text:b")}),
      call("greatest", {i, b, literal("int:1")}),
      call("split_part", {t, literal("text:/"), literal("int:1")}),
      call("upper", {t}),
      call("left", {t, i}),
      call("concat", {t, i, d}),
      call("like", {t, literal("text:%aa%")}),
      call("~", {t, literal("text:a{3,}b*")}),
      call("regexp_substr", {t, literal("text:b+")}),
      call("md5", {t}),
      call("date_trunc", {literal("text:month"), m}),
      call("to_char", {m, literal("text:YYYY Mon")}),
      call("+", {m, call("*", {i, literal("interval:1 day")})}),
      made(make_cast(b, TypeKind::kInt, CastKind::kExplicit)),
      made(make_cast(d, TypeKind::kText, CastKind::kExplicit)),
      made(make_and({positive, call("<", {quotient, literal("bigint:9")})})),
      made(make_or(
          {positive, call("<", {quotient, literal("bigint:9")}), made(make_is_null(t, false))})),
      made(make_not(positive)),
      made(make_case({positive}, {call("left", {t, literal("int:3")})}, t)),
      made(make_coalesce({b, i, quotient})),
      made(make_is_distinct(b, i, false)),
  };
}

}  // namespace

TEST_CASE("NullsAreZeroUnderneath") {
  const Sheet sheet(
      {{"a", "int", {"5", std::nullopt, "7"}}, {"b", "int", {std::nullopt, "6", "8"}}});
  Evaluator sum(call("-", {sheet.column("a"), sheet.column("b")}));
  Evaluator unequal(call("<>", {sheet.column("a"), sheet.column("b")}));
  RowErrors errors;
  const ColumnPtr differences = sum.eval(sheet.batch(), Selection(3), 0, errors);
  CHECK(differences->values<int32_t>()[0] == 0);
  CHECK(differences->values<int32_t>()[1] == 0);
  CHECK(differences->values<int32_t>()[2] == -1);
  CHECK((unequal.eval(sheet.batch(), Selection(3), 0, errors)->bits()[0] & 7) == 4);
}

TEST_CASE("SelectionsChangeNothingForTheRowsTheyKeep") {
  const uint64_t seed = 20;
  INFO("seed " << seed);
  Random dice(seed);
  for (int round = 0; round < 8; ++round) {
    const Sheet sheet = random_sheet(dice);
    RowIndices rows;
    const uint64_t keep = dice() % 10 + 1;
    for (uint32_t row = 0; row < kRows; ++row) {
      if (dice() % 10 < keep) rows.push_back(row);
    }
    const Selection selection(rows.data(), rows.size());
    size_t index = 0;
    for (const ExprPtr& tree : trees(sheet)) {
      INFO("tree " << index++ << " " << to_text(*tree, sheet.schema()));
      const std::vector<std::string> dense = values(tree, sheet);
      const std::vector<std::string> sparse = values(tree, sheet.batch(), selection);
      std::vector<std::string> expected;
      RowIndices expected_rows;
      for (const uint32_t row : rows) {
        expected.push_back(dense[row]);
        if (dense[row] == "true") expected_rows.push_back(row);
      }
      CHECK(sparse == expected);
      if (tree->type.kind() != TypeKind::kBoolean) continue;
      Evaluator evaluator(tree);
      RowErrors errors;
      RowIndices found;
      evaluator.filter(sheet.batch(), selection, 0, found, errors);
      CHECK(found == expected_rows);
    }
  }
}

}  // namespace weir
