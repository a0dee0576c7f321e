#include "engine/sql/ast.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

struct Parsed {
  ScriptText text;
  ParsedScript script;
};

Parsed parsed(const std::string& sql) {
  Result<ScriptText> text =
      ScriptText::fill({.text = sql, .file = "a.sql", .variables = nullptr}, nullptr);
  REQUIRE(text.ok());
  Result<ParsedScript> script = parse_script(*text);
  if (!script.ok()) FAIL(script.error().message);
  return {std::move(text).value(), std::move(script).value()};
}

std::string syntax_error(const std::string& sql) {
  const Result<ScriptText> text =
      ScriptText::fill({.text = sql, .file = "a.sql", .variables = nullptr}, nullptr);
  REQUIRE(text.ok());
  const Result<ParsedScript> script = parse_script(*text);
  return script.ok() ? "" : script.error().message;
}

std::string chain(const std::string& piece, size_t times, const std::string& end) {
  std::string text = "SELECT ";
  for (size_t i = 0; i < times; ++i) text += piece;
  return text + end;
}

TEST_CASE("FindsStatementsAndTheirPlaces") {
  const Parsed script = parsed("-- first\nSELECT 1;\n/* then */ SET a = 'b';;");
  const std::vector<Statement>& statements = script.script.statements();
  REQUIRE(statements.size() == 2);
  REQUIRE(statements[0].node.is("SelectStmt"));
  REQUIRE(statements[0].location == 9);
  REQUIRE(statements[1].node.is("VariableSetStmt"));
  REQUIRE(statements[1].location == script.text.text().find("SET"));
  REQUIRE(parsed("").script.statements().empty());
}

TEST_CASE("ReadsFieldsOfNodes") {
  const Parsed script = parsed("SELECT a.b AS c, count(*) FROM t AS u(x, y)");
  const Node select = script.script.statements()[0].node;
  const std::vector<Node> targets = select.list("targetList");
  REQUIRE(targets.size() == 2);
  REQUIRE(targets[0].text("name") == "c");
  REQUIRE(targets[0].child("val").is("ColumnRef"));
  REQUIRE(targets[0].child("val").names("fields") == std::vector<std::string>{"a", "b"});
  REQUIRE(targets[0].child("val").location() == 7);
  REQUIRE(targets[1].child("val").flag("agg_star"));
  const Node table = select.list("fromClause")[0];
  REQUIRE(table.part("alias").names("colnames") == std::vector<std::string>{"x", "y"});
  REQUIRE(table.text("relname") == "t");
  REQUIRE_FALSE(select.child("whereClause"));
  REQUIRE_FALSE(select.has("whereClause"));
  REQUIRE(select.list("groupClause").empty());
  REQUIRE(select.text("nothing").empty());
  REQUIRE(select.number("nothing") == 0);
}

TEST_CASE("ANodeWithoutAPlaceBeginsWhereItsFirstPartDoes") {
  const Parsed script = parsed("SELECT x FROM t WHERE a IN (1, 2)");
  const Node select = script.script.statements()[0].node;
  REQUIRE(select.location() == 7);
  REQUIRE(select.child("whereClause").child("rexpr").location() == 28);
}

TEST_CASE("SyntaxErrorsAreShownAtTheirPlace") {
  REQUIRE(syntax_error("SELECT 1;\nSELEC 2") ==
          "a.sql:2:1: syntax error at or near \"SELEC\"\n  SELEC 2\n  ^");
  REQUIRE(syntax_error("SELECT 'ä' FORM t x") ==
          "a.sql:1:17: syntax error at or near \"t\"\n  SELECT 'ä' FORM t x\n                  ^");
  REQUIRE(syntax_error("SELECT 'a") ==
          "a.sql:1:8: unterminated quoted string\n  SELECT 'a\n         ^");
}

TEST_CASE("DeepNestingIsRefusedNotDiedOf") {
  REQUIRE(syntax_error(chain("(", 30000, "1")).find("nested too deeply") != std::string::npos);
  REQUIRE(syntax_error(chain("1+", 40000, "1")).find("nested too deeply") != std::string::npos);
  REQUIRE(syntax_error(chain("NOT ", 20000, "true")).find("nested too deeply") !=
          std::string::npos);
  REQUIRE(syntax_error(chain("1+", 60000, "1")).find("at most 100000 are read") !=
          std::string::npos);
  REQUIRE(syntax_error(chain(" ", 600000, "1")).find("at most 524288 are read") !=
          std::string::npos);
}

}  // namespace
}  // namespace weir
