#include "engine/sql/syntax_hint.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <initializer_list>
#include <utility>
#include <vector>

namespace weir {
namespace {

bool is_word_byte(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '$' ||
         (static_cast<unsigned char>(c) & 0x80) != 0;
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return result;
}

// The tokens of a text, roughly: words, numbers, quoted pieces, single signs. Comments are left
// out.
struct Token {
  std::string_view text;
  size_t begin = 0;
  size_t end() const { return begin + text.size(); }
  bool is_word() const {
    return is_word_byte(text[0]) && std::isdigit(static_cast<unsigned char>(text[0])) == 0;
  }
};

size_t token_end(std::string_view text, size_t at) {
  const char first = text[at];
  if (first == '\'' || first == '"') {
    size_t end = at + 1;
    while (end < text.size() && text[end] != first) ++end;
    return std::min(text.size(), end + 1);
  }
  size_t end = at;
  while (end < text.size() && is_word_byte(text[end])) ++end;
  return std::max(end, at + 1);
}

std::vector<Token> tokens_of(std::string_view text) {
  std::vector<Token> tokens;
  size_t at = 0;
  while (at < text.size()) {
    if (std::isspace(static_cast<unsigned char>(text[at])) != 0) {
      ++at;
    } else if (text.substr(at).starts_with("--")) {
      at = std::min(text.find('\n', at), text.size());
    } else if (text.substr(at).starts_with("/*")) {
      const size_t end = text.find("*/", at);
      at = end == std::string_view::npos ? text.size() : end + 2;
    } else {
      const size_t end = token_end(text, at);
      tokens.push_back({.text = text.substr(at, end - at), .begin = at});
      at = end;
    }
  }
  return tokens;
}

// Words of PostgreSQL's grammar that people like as column names, and that must be quoted there.
constexpr std::string_view kReservedWords[] = {"all",          "analyse",
                                               "analyze",      "and",
                                               "any",          "array",
                                               "as",           "asc",
                                               "asymmetric",   "both",
                                               "case",         "cast",
                                               "check",        "collate",
                                               "column",       "constraint",
                                               "create",       "current_date",
                                               "current_time", "current_timestamp",
                                               "current_user", "default",
                                               "deferrable",   "desc",
                                               "distinct",     "do",
                                               "else",         "end",
                                               "except",       "false",
                                               "fetch",        "for",
                                               "foreign",      "from",
                                               "grant",        "group",
                                               "having",       "in",
                                               "initially",    "intersect",
                                               "into",         "lateral",
                                               "leading",      "limit",
                                               "localtime",    "localtimestamp",
                                               "not",          "null",
                                               "offset",       "on",
                                               "only",         "or",
                                               "order",        "placing",
                                               "primary",      "references",
                                               "returning",    "select",
                                               "session_user", "some",
                                               "symmetric",    "table",
                                               "then",         "to",
                                               "trailing",     "true",
                                               "union",        "unique",
                                               "user",         "using",
                                               "variadic",     "when",
                                               "where",        "window",
                                               "with"};

bool is_reserved(std::string_view word) {
  return std::find(std::begin(kReservedWords), std::end(kReservedWords), word) !=
         std::end(kReservedWords);
}

// The tokens around the place, and questions about them.
class Surroundings {
 public:
  Surroundings(std::string_view text, size_t offset) : text_(text), tokens_(tokens_of(text)) {
    while (at_ < tokens_.size() && tokens_[at_].end() <= offset) ++at_;
  }

  // The token `steps` from the place, in lower case; empty beyond the ends.
  std::string word(int steps) const {
    const int64_t index = static_cast<int64_t>(at_) + steps;
    if (index < 0 || index >= static_cast<int64_t>(tokens_.size())) return {};
    return lower(tokens_[static_cast<size_t>(index)].text);
  }
  std::string written(int steps) const {
    const int64_t index = static_cast<int64_t>(at_) + steps;
    if (index < 0 || index >= static_cast<int64_t>(tokens_.size())) return {};
    return std::string(tokens_[static_cast<size_t>(index)].text);
  }

  // The line that a token begins in, from 1. REQUIRES: it is there.
  int64_t line_of(int steps) const {
    const Token& token = tokens_[static_cast<size_t>(static_cast<int64_t>(at_) + steps)];
    return 1 + std::count(text_.begin(), text_.begin() + static_cast<ptrdiff_t>(token.begin), '\n');
  }

  // The token behind the nearest of these words before the place, in lower case; empty if there is
  // none in the statement.
  std::string behind_last(std::string_view before) const {
    for (int steps = -2; !word(steps).empty() && word(steps) != ";"; --steps) {
      if (word(steps) == before) return word(steps + 1);
    }
    return {};
  }

  // Whether the statement that we stand in begins with these words.
  bool statement_begins(std::string_view first, std::string_view second = {}) const {
    size_t begin = std::min(at_, tokens_.size());
    while (begin > 0 && tokens_[begin - 1].text != ";") --begin;
    if (begin >= tokens_.size() || lower(tokens_[begin].text) != first) return false;
    return second.empty() ||
           (begin + 1 < tokens_.size() && lower(tokens_[begin + 1].text) == second);
  }

 private:
  std::string_view text_;
  std::vector<Token> tokens_;
  size_t at_ = 0;
};

bool begins_name(const std::string& token) {
  return !token.empty() && (is_word_byte(token[0]) || token[0] == '"');
}

// kafka.sasl.mechanism = '..': the parser stops at one of the dots.
std::optional<std::string> dotted_hint(const Surroundings& around) {
  if (around.word(0) != ".") return std::nullopt;
  int first = -1;
  while (around.word(first - 1) == ".") first -= 2;
  const std::string before = around.word(first - 1);
  if (before != "," && before != "(" && before != "set") return std::nullopt;
  std::string name = around.written(first);
  for (int dot = first + 1; around.word(dot) == "."; dot += 2)
    name += "." + around.written(dot + 1);
  return fmt::format("dotted names are quoted: write \"{}\"", name);
}

// An operator of another language right before the place.
std::optional<std::string> operator_hint(const Surroundings& around) {
  const std::string here = around.word(0);
  for (const auto& [sign, right] : {std::pair("&", "AND"), std::pair("|", "OR")}) {
    const bool before =
        around.word(-2) == sign && (around.word(-1) == sign || around.word(-3) == sign);
    if (before || (here == sign && around.word(1) == sign)) {
      return fmt::format("conditions are joined with {}", right);
    }
  }
  return std::nullopt;
}

// A text or a name that runs over lines before the place: its closing quote was left out.
std::optional<std::string> quote_hint(const Surroundings& around) {
  const std::string before = around.written(-1);
  const bool is_quoted = before.starts_with('\'') || before.starts_with('"');
  if (!is_quoted || before.find('\n') == std::string::npos) return std::nullopt;
  return fmt::format("the quotes before this were opened in line {}: close them there",
                     around.line_of(-1));
}

// "1GiB", "5 seconds", INTERVAL '..' where the value of an option stands.
std::optional<std::string> option_hint(const Surroundings& around) {
  const std::string here = around.word(0);
  const std::string before = around.word(-1);
  if (before == "interval" && (around.word(-2) == "=" || around.word(-2) == "to")) {
    return fmt::format("the value of an option is a plain text: write {} = {}", around.written(-3),
                       around.written(0));
  }
  const bool after_equals = before == "=" || before == "to";
  const bool is_number = !here.empty() && std::isdigit(static_cast<unsigned char>(here[0])) != 0;
  if (after_equals && is_number) {
    return fmt::format("sizes and intervals are quoted: write {} = '{}'", around.written(-2),
                       around.written(0));
  }
  const bool number_before =
      !before.empty() && std::isdigit(static_cast<unsigned char>(before[0])) != 0;
  const bool equals_before = around.word(-2) == "=" || around.word(-2) == "to";
  if (number_before && equals_before && begins_name(here)) {
    return fmt::format("sizes and intervals are quoted: write {} = '{} {}'", around.written(-3),
                       around.written(-1), around.written(0));
  }
  return dotted_hint(around);
}

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool is_sign(const std::string& token) {
  return token.size() == 1 && std::string_view("=<>!+-*/%|~^:").find(token) != token.npos;
}

// Whether an expression begins behind this token.
bool opens_expression(const std::string& token) {
  return is_sign(token) || is_one_of(token, {"(", ",", "select", "where", "and", "or", "not", "on",
                                             "having", "by", "between", "when", "then", "else"});
}

// Whether this token goes on behind a whole operand: a name may stand before it, a clause not.
bool follows_operand(const std::string& token) {
  return is_sign(token) || is_one_of(token, {"", ";", ")", ",", "from", "and", "or", "is", "in",
                                             "not", "between", "like", "as", "asc", "desc"});
}

// A reserved word at the place, among names or where an expression must stand.
bool is_name_here(const Surroundings& around) {
  if (!is_reserved(around.word(0))) return false;
  const std::string before = around.word(-1);
  const std::string behind = around.word(1);
  if ((before == "(" || before == ",") && around.statement_begins("create") && begins_name(behind))
    return true;
  if (is_one_of(before, {",", "(", "select", ".", "as", "by"})) return true;
  // CASE may end here; no sign stands behind its words.
  if (is_one_of(before, {"when", "then", "else"})) return is_sign(behind);
  return opens_expression(before) && follows_operand(behind);
}

// A reserved word that the parser took for the beginning of a clause, and came to grief behind it:
// the word, or nothing.
std::string name_before(const Surroundings& around) {
  const std::string here = around.word(0);
  const std::string before = around.word(-1);
  const bool starts_operand =
      opens_expression(around.word(-2)) && (here == "from" || is_sign(here));
  if (is_reserved(before) && starts_operand) return before;
  // SELECT id order FROM: a name of a column without AS.
  if (is_one_of(before, {"order", "group", "offset", "limit"}) && here == "from") return before;
  // SELECT offset + 1 FROM
  const std::string first = around.behind_last("select");
  return is_one_of(first, {"offset", "limit", "order", "group", "fetch", "for"}) ? first : "";
}

// A reserved word where a name must stand.
std::optional<std::string> reserved_hint(const Surroundings& around) {
  const std::string word = is_name_here(around) ? around.word(0) : name_before(around);
  if (word.empty()) return std::nullopt;
  return fmt::format("{} is a reserved word; as a name write it in double quotes: \"{}\"", word,
                     word);
}

}  // namespace

std::optional<std::string> syntax_hint(std::string_view text, size_t offset) {
  const Surroundings around(text, offset);
  const std::string here = around.word(0);
  const std::string before = around.word(-1);
  if (here == "enforced" || (here == "not" && around.word(1) == "enforced")) {
    return "a PRIMARY KEY stands alone here: leave out NOT ENFORCED";
  }
  if (here == "table" && before == "(") {
    return fmt::format("name the table without TABLE: {}({}, time_column, INTERVAL '1 minute')",
                       around.written(-2), around.written(1));
  }
  if (here == "watermark" || (here == "for" && before == "watermark")) {
    return "watermarks are table options: WITH (event_time = 'column', watermark_delay = '5 "
           "seconds')";
  }
  if (here == "metadata") {
    return "metadata come as generated columns: part int GENERATED ALWAYS AS (record_partition()) "
           "STORED";
  }
  if (here == "`" || before == "`" || around.word(-2) == "`")
    return "names are quoted with double quotes: \"name\"";
  if (here == ")" && before == ",") return "there is a comma too many before this";
  const bool ends_list = here == "from" || here == "where" || here == "group" || here == "having" ||
                         here == ";" || here.empty();
  if (before == "," && ends_list) {
    return fmt::format(
        "a column is missing between the comma and {}",
        here.empty() || here == ";" ? "the end of the statement" : around.written(0));
  }
  if (const std::optional<std::string> hint = quote_hint(around)) return hint;
  if (const std::optional<std::string> hint = operator_hint(around)) return hint;
  if (here == "virtual" ||
      (here == ")" && before == ")" && around.statement_begins("create", "table"))) {
    if (here == "virtual")
      return "generated columns are STORED here: GENERATED ALWAYS AS (expression) STORED";
  }
  if (const std::optional<std::string> hint = option_hint(around)) return hint;
  return reserved_hint(around);
}

size_t longest_statement(std::string_view text) {
  size_t longest = 0;
  size_t begin = 0;
  for (const Token& token : tokens_of(text)) {
    if (token.text != ";") continue;
    longest = std::max(longest, token.begin - begin);
    begin = token.begin;
  }
  return std::max(longest, text.size() - begin);
}

}  // namespace weir
