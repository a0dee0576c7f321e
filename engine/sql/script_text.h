// The text of a script with its variables filled in, and the way back: every refusal is shown at
// its place in the text as it was written.
//
// ${NAME} and ${NAME:-default} are filled everywhere but in comments; inside quotes the value's own
// quotes are doubled, so that a value never ends the literal it stands in. The values of variables
// do not appear in any message.
#pragma once

#include "engine/sql/sql.h"

#include <string>
#include <string_view>
#include <vector>

namespace weir {

class ScriptText {
 public:
  // kUser error for an unset variable without a default; `place` must outlive the ScriptText, and
  // may be null.
  static Result<ScriptText> fill(const SqlScript& script, SqlError* place);
  // One expression, without variables and files: refusals are the bare message. `prefix` is SQL put
  // before it.
  static ScriptText bare(std::string_view prefix, std::string_view expression);

  // After filling. All offsets below are bytes into it.
  const std::string& text() const { return text_; }

  // The whole message: "file:line:column: message", the line as written, and a caret.
  Error refuse(size_t offset, std::string message) const;
  // Of no single place: "file: message".
  Error refuse_script(std::string message) const;

  // Whether the offset lies in the value of a variable, and which one; empty if not.
  std::string_view variable_at(size_t offset) const;

  // The byte offset of the n-th character (from 0) of text().
  size_t offset_of_character(size_t n) const;

 private:
  struct Filling {
    std::string name;
    std::string value;  // As given; empty where the default was taken.
    size_t begin = 0;   // In text_
    size_t end = 0;
    size_t written_begin = 0;  // In written_
    size_t written_end = 0;
  };
  class Filler;

  size_t written_offset(size_t offset) const;
  std::string without_values(std::string message) const;
  std::string without_words_at(size_t offset, std::string message) const;
  Error refuse_written(size_t offset, std::string message) const;

  // Constant after construction.
  std::string file_;
  std::string written_;
  std::string text_;
  std::vector<Filling> fillings_;  // In order.
  bool bare_ = false;
  SqlError* place_ = nullptr;  // Not owned.
};

}  // namespace weir
