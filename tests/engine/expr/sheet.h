// The vocabulary of the expression tests: small tables, and values of expressions as text.
//
// A cell is written "type:text", such as "numeric(4,2):1.50", "text:abc" or "int:NULL". A value
// comes back as PostgreSQL's text, "NULL", "!reason" where the row is in error, or "refused:
// reason" where the tree cannot be built.
#pragma once

#include "engine/data/batch.h"
#include "engine/expr/build.h"
#include "engine/expr/evaluator.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

struct SheetColumn {
  std::string name;
  std::string type;
  std::vector<std::optional<std::string>> values;
};

class Sheet {
 public:
  explicit Sheet(const std::vector<SheetColumn>& columns);

  const Schema& schema() const { return *batch_.schema; }
  const RecordBatch& batch() const { return batch_; }
  ExprPtr column(std::string_view name) const;

 private:
  RecordBatch batch_;
};

// A constant that is not folded away only because it is alone.
ExprPtr literal(std::string_view cell);

// REQUIRE that it was made.
ExprPtr made(Result<ExprPtr> result);
std::string refusal(const Result<ExprPtr>& result);

// A call of constants and columns.
ExprPtr call(std::string_view name, std::vector<ExprPtr> args);

std::vector<std::string> values(const ExprPtr& expr, const RecordBatch& batch, Selection rows);
std::vector<std::string> values(const ExprPtr& expr, const Sheet& sheet);
std::vector<uint32_t> filtered(const ExprPtr& expr, const Sheet& sheet);

// The one value that a call gives for these cells: computed with every argument as a column, and as
// a constant, in every combination, which must agree.
std::string compute(std::string_view name, const std::vector<std::string>& cells);
// The same for a cast.
std::string cast(std::string_view cell, std::string_view type);

// The result's type by name, or its refusal.
std::string type_of(std::string_view name, const std::vector<std::string>& cells);

}  // namespace weir
