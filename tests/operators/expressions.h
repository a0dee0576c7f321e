// Vocabulary for tests: expression trees over a schema, without the SQL front end.
#pragma once

#include "engine/expr/build.h"

#include <string>
#include <vector>

namespace weir {

inline ExprPtr column_of(const SchemaPtr& schema, const std::string& name) {
  const std::optional<size_t> index = schema->find(name);
  CHECK(index.has_value());
  return make_column(*index, schema->fields[*index].type);
}

inline ExprPtr number_of(const std::string& text) {
  const Result<ExprPtr> made = make_number(text);
  CHECK(made.ok());
  return *made;
}

inline ExprPtr call_of(const std::string& name, std::vector<ExprPtr> args) {
  const Result<ExprPtr> made = make_call(name, std::move(args));
  CHECK(made.ok());
  return *made;
}

}  // namespace weir
