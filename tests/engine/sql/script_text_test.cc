#include "engine/sql/script_text.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

ScriptText filled(const std::string& text, SqlError* place = nullptr) {
  const SqlScript script{.text = text,
                         .file = "a.sql",
                         .variables = [](std::string_view name) -> std::optional<std::string> {
                           if (name == "TOPIC") return "orders-of-today";
                           if (name == "QUOTED") return "it's \"so\"";
                           if (name == "EMPTY") return "";
                           return std::nullopt;
                         }};
  Result<ScriptText> result = ScriptText::fill(script, place);
  if (!result.ok()) FAIL(result.error().message);
  return std::move(result).value();
}

std::string refusal_of(const std::string& text) {
  const SqlScript script{.text = text, .file = "a.sql", .variables = nullptr};
  const Result<ScriptText> result = ScriptText::fill(script, nullptr);
  return result.ok() ? "" : result.error().message;
}

TEST_CASE("FillsVariablesAndDefaults") {
  REQUIRE(filled("topic = '${TOPIC}'").text() == "topic = 'orders-of-today'");
  REQUIRE(filled("a ${NO:-b c} d").text() == "a b c d");
  REQUIRE(filled("a ${NO:-} d").text() == "a  d");
  REQUIRE(filled("'${EMPTY:-x}'").text() == "''");
  REQUIRE(filled("a $NO $$ {TOPIC} d").text() == "a $NO $$ {TOPIC} d");
}

TEST_CASE("LeavesVariablesInCommentsAlone") {
  REQUIRE(filled("-- ${NO}\n1").text() == "-- ${NO}\n1");
  REQUIRE(filled("/* ${NO} /* ${NO} */ ${NO} */ 1").text() == "/* ${NO} /* ${NO} */ ${NO} */ 1");
  REQUIRE(filled("'--' ${TOPIC}").text() == "'--' orders-of-today");
  REQUIRE(filled("'/*' ${TOPIC}").text() == "'/*' orders-of-today");
}

TEST_CASE("AValueDoesNotEndTheLiteralItStandsIn") {
  REQUIRE(filled("'${QUOTED}'").text() == "'it''s \"so\"'");
  REQUIRE(filled("\"${QUOTED}\"").text() == "\"it's \"\"so\"\"\"");
  REQUIRE(filled("'a''b ${QUOTED}'").text() == "'a''b it''s \"so\"'");
}

TEST_CASE("NamesAnUnsetVariable") {
  REQUIRE(refusal_of("a\n  '${BROKERS}'") ==
          "a.sql:2:4: variable BROKERS is not set: give --var BROKERS=value, set it in the "
          "environment, "
          "or write a default, ${BROKERS:-value}\n"
          "    '${BROKERS}'\n"
          "     ^");
}

TEST_CASE("RefusesWhatOnlyLooksLikeAVariable") {
  for (const char* text : {"${", "${}", "${a b}", "${A", "${A:-x", "${A-x}"}) {
    INFO(text);
    REQUIRE(refusal_of(text).find("this is not a variable") != std::string::npos);
  }
}

TEST_CASE("ShowsTheLineAsWrittenWithACaret") {
  const ScriptText script = filled("SELECT a,\n\tb FROM t");
  REQUIRE(script.refuse(11, "no b").message == "a.sql:2:2: no b\n  \tb FROM t\n  \t^");
}

TEST_CASE("CountsColumnsInCharacters") {
  const ScriptText script = filled("SELECT 'äöü', b");
  const size_t at = script.text().find('b');
  REQUIRE(script.refuse(at, "no b").message ==
          "a.sql:1:15: no b\n  SELECT 'äöü', b\n                ^");
  REQUIRE(script.offset_of_character(14) == at);
}

TEST_CASE("PlacesRefusalsInTheTextBeforeFilling") {
  const ScriptText script = filled("a '${TOPIC}' b ${TOPIC} c");
  REQUIRE(script.refuse(script.text().find('b'), "x").message ==
          "a.sql:1:14: x\n  a '${TOPIC}' b ${TOPIC} c\n               ^");
  // Inside of a value: where its variable stands.
  REQUIRE(script.refuse(script.text().find("today"), "x").message ==
          "a.sql:1:4: x\n  a '${TOPIC}' b ${TOPIC} c\n     ^");
  REQUIRE(script.variable_at(script.text().find("today")) == "TOPIC");
  REQUIRE(script.variable_at(0).empty());
}

TEST_CASE("ValuesOfVariablesStayOutOfMessages") {
  const ScriptText script = filled("a '${TOPIC}'");
  REQUIRE(script.refuse(0, "topic \"orders-of-today\" is odd").message ==
          "a.sql:1:1: topic \"${TOPIC}\" is odd\n  a '${TOPIC}'\n  ^");
}

TEST_CASE("WordsOfValuesStayOutOfMessagesAboutThem") {
  const SqlScript script{.text = "SELECT ${COLUMNS}, b FROM t",
                         .file = "a.sql",
                         .variables = [](std::string_view) { return std::string("x, Secret"); }};
  const Result<ScriptText> text = ScriptText::fill(script, nullptr);
  REQUIRE(text.ok());
  const std::string lines = "\n  SELECT ${COLUMNS}, b FROM t\n         ^";
  REQUIRE(text->refuse(10, "column \"secret\" does not exist").message ==
          "a.sql:1:8: column \"${COLUMNS}\" does not exist" + lines);
  REQUIRE(text->refuse(7, "column \"x\" is there twice").message ==
          "a.sql:1:8: column \"${COLUMNS}\" is there twice" + lines);
  REQUIRE(text->refuse(7, "this x is no name").message == "a.sql:1:8: this x is no name" + lines);
}

TEST_CASE("TellsTheCallerThePlace") {
  SqlError place{.error = user_error(""), .line = 0, .column = 0};
  const ScriptText script = filled("a\nbc", &place);
  const Error error = script.refuse(3, "x");
  REQUIRE(place.line == 2);
  REQUIRE(place.column == 2);
  REQUIRE(place.error == error);
}

TEST_CASE("TheEndIsShownBehindTheLastWord") {
  const ScriptText script = filled("SELECT\n\n");
  REQUIRE(script.refuse(8, "more").message == "a.sql:1:7: more\n  SELECT\n        ^");
}

TEST_CASE("CutsLongLinesAroundTheCaret") {
  const std::string pad(200, 'x');
  const ScriptText script = filled(pad + "!" + pad);
  const std::string message = script.refuse(200, "here").message;
  const size_t line = message.find('\n') + 1;
  const std::string shown = message.substr(line, message.find('\n', line) - line);
  const std::string caret = message.substr(message.find('\n', line) + 1);
  REQUIRE(shown.size() < 120);
  REQUIRE(shown.starts_with("  ... x"));
  REQUIRE(shown.ends_with("x ..."));
  REQUIRE(shown.find('!') == caret.find('^'));
}

TEST_CASE("RefusesZeroBytes") {
  REQUIRE(refusal_of(std::string("a\0b", 3)).find("zero byte") != std::string::npos);
}

TEST_CASE("RefusesWhatIsNoUtf8") {
  REQUIRE(refusal_of("SELECT \xff") ==
          "a.sql: the script is not valid UTF-8: save it in that encoding");
  const SqlScript script{.text = "SELECT '${A}'",
                         .file = "a.sql",
                         .variables = [](std::string_view) { return std::string("x\xff"); }};
  REQUIRE(ScriptText::fill(script, nullptr).error().message ==
          "a.sql:1:9: the value of this variable is not valid UTF-8\n  SELECT '${A}'\n          ^");
}

TEST_CASE("ABareExpressionIsRefusedWithTheMessageAlone") {
  const ScriptText script = ScriptText::bare("SELECT ", "a + b");
  REQUIRE(script.text() == "SELECT a + b");
  REQUIRE(script.refuse(7, "no a").message == "no a");
}

}  // namespace
}  // namespace weir
