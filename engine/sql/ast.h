// The parse tree that PostgreSQL's own parser makes of a script, as small read-only views.
//
// The only file that knows libpg_query is ast.cc. A Node is two pointers into its ParsedScript and
// must not outlive it.
#pragma once

#include "engine/sql/script_text.h"

#include <boost/json/fwd.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

class Node {
 public:
  Node() = default;
  Node(std::string_view kind, const boost::json::object* fields) : kind_(kind), fields_(fields) {}

  explicit operator bool() const { return fields_ != nullptr; }
  // "SelectStmt", "ColumnRef", ...: PostgreSQL's names. Empty for parts whose kind follows from
  // where they stand.
  std::string_view kind() const { return kind_; }
  bool is(std::string_view kind) const { return fields_ != nullptr && kind_ == kind; }
  bool has(std::string_view field) const;

  Node child(std::string_view field) const;  // A node of any kind; absent if there is none.
  Node part(std::string_view field) const;   // A part of a known kind: typeName, relation, alias.
  std::vector<Node> list(std::string_view field) const;  // Empty if there is none.
  std::string text(std::string_view field) const;        // Empty if there is none.
  int64_t number(std::string_view field) const;          // 0 if there is none.
  bool flag(std::string_view field) const;

  // Every node and part directly inside, in no order that means anything.
  std::vector<Node> children() const;

  // The texts of a list of names: ["pg_catalog", "int4"].
  std::vector<std::string> names(std::string_view field) const;

  // Where it begins: bytes into the script's text; for nodes that have no place of their own, the
  // first of their parts.
  size_t location() const;

 private:
  std::string_view kind_;
  const boost::json::object* fields_ = nullptr;
};

struct Statement {
  Node node;
  size_t location = 0;  // Of its first word.
};

class ParsedScript {
 public:
  ParsedScript();
  ParsedScript(ParsedScript&&) noexcept;
  ParsedScript& operator=(ParsedScript&&) noexcept;
  ~ParsedScript();

  const std::vector<Statement>& statements() const { return statements_; }

 private:
  friend Result<ParsedScript> parse_script(const ScriptText& script);

  std::unique_ptr<boost::json::value> tree_;
  std::vector<Statement> statements_;
};

// Syntax errors are placed, and explained where the mistake is a usual one (syntax_hint.h).
Result<ParsedScript> parse_script(const ScriptText& script);

}  // namespace weir
