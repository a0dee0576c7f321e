#include "engine/sql/script_text.h"

#include "engine/data/text_form.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <optional>

namespace weir {
namespace {

constexpr size_t kShownColumns = 96;     // Of a long line, around the caret.
constexpr size_t kValueBytesToHide = 3;  // Shorter values are found in any message by chance.

bool is_name_byte(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }
bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

size_t characters(std::string_view text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return !is_continuation(c); }));
}

size_t word_size(std::string_view text) {
  const auto end = std::find_if(text.begin(), text.end(), [](char c) {
    return !is_name_byte(c) && (static_cast<unsigned char>(c) & 0x80) == 0;
  });
  return static_cast<size_t>(end - text.begin());
}

// Replaces the word where it stands in quotes, and long ones anywhere. Names may have been folded
// to lower case.
std::string without_word(std::string_view message, std::string_view word, std::string_view shown) {
  std::string result;
  while (!message.empty()) {
    const size_t size = word_size(message);
    const std::string_view here = message.substr(0, size);
    const bool same = size > 0 && std::equal(here.begin(), here.end(), word.begin(), word.end(),
                                             [](unsigned char a, unsigned char b) {
                                               return std::tolower(a) == std::tolower(b);
                                             });
    const bool is_quoted = result.ends_with('"') || result.ends_with('\'');
    result += same && (is_quoted || size >= kValueBytesToHide) ? shown : here;
    message.remove_prefix(size);
    if (message.empty()) break;
    result += message[0];
    message.remove_prefix(1);
  }
  return result;
}

// The line from `begin` to `end`, cut around `offset` if it is long, and a caret under it.
std::string shown_line(std::string_view text, size_t begin, size_t end, size_t offset) {
  const size_t line_begin = begin;
  const size_t line_end = end;
  if (offset - begin > kShownColumns * 3 / 4) begin = offset - kShownColumns / 2;
  while (begin < offset && is_continuation(text[begin])) ++begin;
  end = std::min(end, begin + kShownColumns);
  while (end < line_end && is_continuation(text[end])) ++end;
  const std::string_view cut_before = begin == line_begin ? "" : "... ";
  const std::string_view cut_behind = end == line_end ? "" : " ...";
  std::string padding(cut_before.size(), ' ');
  for (const char c : text.substr(begin, offset - begin)) {
    if (!is_continuation(c)) padding += c == '\t' ? '\t' : ' ';
  }
  return fmt::format("  {}{}{}\n  {}^", cut_before, text.substr(begin, end - begin), cut_behind,
                     padding);
}

}  // namespace

// Walks through the written text once, knowing comments and quotes, and writes the filled text.
class ScriptText::Filler {
 public:
  Filler(ScriptText& script, const VariableLookup& variables)
      : script_(script), written_(script.written_), variables_(variables) {}

  Status run() {
    while (at_ < written_.size()) {
      if (starts("--")) {
        copy_until("\n");
      } else if (starts("/*")) {
        copy_block_comment();
      } else if (starts("${")) {
        Status filled = fill_variable();
        if (!filled.ok()) return filled;
      } else {
        follow_quotes(written_[at_]);
        copy(1);
      }
    }
    return {};
  }

 private:
  bool starts(std::string_view what) const {
    const bool here = std::string_view(written_).substr(at_).starts_with(what);
    return here && (quote_ == 0 || what == "${");
  }

  void follow_quotes(char c) {
    if (quote_ != 0) {
      if (c == quote_) quote_ = 0;  // A doubled quote closes and opens again.
    } else if (c == '\'' || c == '"') {
      quote_ = c;
    }
  }

  void copy(size_t bytes) {
    script_.text_.append(written_, at_, bytes);
    at_ = std::min(written_.size(), at_ + bytes);
  }

  void copy_until(std::string_view end) {
    const size_t found = written_.find(end, at_);
    copy(found == std::string::npos ? written_.size() - at_ : found + end.size() - at_);
  }

  // PostgreSQL's block comments nest.
  void copy_block_comment() {
    int depth = 0;
    do {
      const std::string_view rest = std::string_view(written_).substr(at_);
      const bool opens = rest.starts_with("/*");
      const bool closes = rest.starts_with("*/");
      depth += opens ? 1 : closes ? -1 : 0;
      copy(opens || closes ? 2 : 1);
    } while (depth > 0 && at_ < written_.size());
  }

  Status fill_variable() {
    const size_t close = written_.find('}', at_);
    const size_t begin = at_ + 2;
    size_t name_end = begin;
    while (name_end < written_.size() && is_name_byte(written_[name_end])) ++name_end;
    const std::string name = written_.substr(begin, name_end - begin);
    const bool has_default = written_.compare(name_end, 2, ":-") == 0;
    if (close == std::string::npos || name.empty() || (!has_default && name_end != close)) {
      return script_.refuse_written(at_,
                                    "this is not a variable: write ${NAME} or ${NAME:-default}");
    }
    std::optional<std::string> value;
    if (variables_ != nullptr) value = variables_(name);
    if (!value && !has_default) {
      return script_.refuse_written(
          at_,
          fmt::format(
              "variable {} is not set: give --var {}=value, set it in the environment, or write a "
              "default, ${{{}:-value}}",
              name, name, name));
    }
    append_value(name, value, value ? *value : written_.substr(name_end + 2, close - name_end - 2),
                 close + 1);
    return {};
  }

  void append_value(const std::string& name, const std::optional<std::string>& given,
                    const std::string& value, size_t written_end) {
    Filling filling{.name = name,
                    .value = given.value_or(""),
                    .begin = script_.text_.size(),
                    .end = 0,
                    .written_begin = at_,
                    .written_end = written_end};
    for (const char c : value) {
      script_.text_ += c;
      if (quote_ != 0 && c == quote_) script_.text_ += c;
    }
    filling.end = script_.text_.size();
    script_.fillings_.push_back(std::move(filling));
    at_ = written_end;
  }

  ScriptText& script_;
  const std::string& written_;
  const VariableLookup& variables_;
  size_t at_ = 0;
  char quote_ = 0;  // The quote we are inside of; 0: none.
};

Result<ScriptText> ScriptText::fill(const SqlScript& script, SqlError* place) {
  ScriptText result;
  result.file_ = script.file;
  result.written_ = script.text;
  result.place_ = place;
  if (const size_t zero = script.text.find('\0'); zero != std::string::npos) {
    return result.refuse_written(zero, "a script cannot contain a zero byte");
  }
  if (!is_utf8(script.text)) {
    return result.refuse_script("the script is not valid UTF-8: save it in that encoding");
  }
  Status filled = Filler(result, script.variables).run();
  if (!filled.ok()) return std::move(filled).error();
  if (const size_t zero = result.text_.find('\0'); zero != std::string::npos) {
    return result.refuse(zero, "the value of a variable cannot contain a zero byte");
  }
  for (const Filling& filling : result.fillings_) {
    if (is_utf8(filling.value)) continue;
    return result.refuse(filling.begin, "the value of this variable is not valid UTF-8");
  }
  return result;
}

ScriptText ScriptText::bare(std::string_view prefix, std::string_view expression) {
  ScriptText result;
  result.bare_ = true;
  result.written_ = fmt::format("{}{}", prefix, expression);
  result.text_ = result.written_;
  return result;
}

size_t ScriptText::written_offset(size_t offset) const {
  size_t text_end = 0;
  size_t written_end = 0;
  for (const Filling& filling : fillings_) {
    if (offset < filling.begin) break;
    if (offset < filling.end) return filling.written_begin;
    text_end = filling.end;
    written_end = filling.written_end;
  }
  return std::min(written_.size(), written_end + (offset - text_end));
}

std::string_view ScriptText::variable_at(size_t offset) const {
  for (const Filling& filling : fillings_) {
    if (offset >= filling.begin && offset < filling.end) return filling.name;
  }
  return {};
}

std::string ScriptText::without_values(std::string message) const {
  for (const Filling& filling : fillings_) {
    if (filling.value.size() < kValueBytesToHide) continue;
    const std::string shown = fmt::format("${{{}}}", filling.name);
    for (size_t at = message.find(filling.value); at != std::string::npos;
         at = message.find(filling.value, at + shown.size())) {
      message.replace(at, filling.value.size(), shown);
    }
  }
  return message;
}

// A value outside of quotes is several words to the parser, and messages about one of them name it.
std::string ScriptText::without_words_at(size_t offset, std::string message) const {
  for (const Filling& filling : fillings_) {
    // One byte before it may stand a quote.
    if (offset + 1 < filling.begin || offset >= filling.end) continue;
    const std::string shown = fmt::format("${{{}}}", filling.name);
    std::string_view rest = filling.value;
    while (!rest.empty()) {
      const size_t size = word_size(rest);
      if (size > 0) message = without_word(message, rest.substr(0, size), shown);
      rest.remove_prefix(std::max<size_t>(size, 1));
    }
  }
  return message;
}

Error ScriptText::refuse(size_t offset, std::string message) const {
  message = without_words_at(offset, without_values(std::move(message)));
  return refuse_written(written_offset(offset), std::move(message));
}

Error ScriptText::refuse_script(std::string message) const {
  message = without_values(std::move(message));
  Error error = user_error(bare_ ? std::move(message) : fmt::format("{}: {}", file_, message));
  if (place_ != nullptr) *place_ = SqlError{.error = error, .line = 0, .column = 0};
  return error;
}

Error ScriptText::refuse_written(size_t offset, std::string message) const {
  if (bare_) return user_error(std::move(message));
  offset = std::min(offset, written_.size());
  // The end of the text is shown behind its last character, not on the empty line after it.
  if (offset == written_.size()) {
    const size_t last = written_.find_last_not_of(" \t\r\n");
    offset = last == std::string::npos ? 0 : last + 1;
  }
  const std::string_view before = std::string_view(written_).substr(0, offset);
  const size_t newline = before.rfind('\n');
  const size_t line_begin = newline == std::string_view::npos ? 0 : newline + 1;
  const size_t line_end = std::min(written_.find_first_of("\r\n", line_begin), written_.size());
  const int line = 1 + static_cast<int>(std::count(before.begin(), before.end(), '\n'));
  const int column = 1 + static_cast<int>(characters(before.substr(line_begin)));

  Error error =
      user_error(fmt::format("{}:{}:{}: {}\n{}", file_, line, column, message,
                             shown_line(written_, line_begin, std::max(line_end, offset), offset)));
  if (place_ != nullptr) *place_ = SqlError{.error = error, .line = line, .column = column};
  return error;
}

size_t ScriptText::offset_of_character(size_t n) const {
  for (size_t at = 0; at < text_.size(); ++at) {
    if (is_continuation(text_[at])) continue;
    if (n == 0) return at;
    --n;
  }
  return text_.size();
}

}  // namespace weir
