#include "tests/engine/expr/sheet.h"

#include "engine/data/text_form.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

ColumnPtr column_of(const Type& type, const std::vector<std::optional<std::string>>& values) {
  ColumnWriter writer(type, values.size());
  for (const auto& value : values) {
    if (value) {
      const Status status = append_parsed(writer, *value);
      if (!status.ok()) FAIL(status.error().message);
    } else {
      writer.append_null();
    }
  }
  return std::move(writer).finish();
}

Type type_by_name(std::string_view name) {
  const Result<Type> type = type_named(name);
  if (!type.ok()) FAIL(type.error().message);
  return *type;
}

std::string only_value(const Result<ExprPtr>& expr, const RecordBatch& batch) {
  if (!expr.ok()) return "refused: " + expr.error().message;
  return values(*expr, batch, Selection(1)).front();
}

RecordBatch batch_of(const std::vector<ExprPtr>& literals) {
  RecordBatch batch;
  auto schema = std::make_shared<Schema>();
  for (const ExprPtr& each : literals) {
    schema->fields.push_back(
        {.name = "c" + std::to_string(schema->fields.size()), .type = each->type});
    batch.columns.push_back(constant_column(each->literal, 1));
  }
  batch.schema = std::move(schema);
  batch.rows = 1;
  return batch;
}

}  // namespace

Sheet::Sheet(const std::vector<SheetColumn>& columns) {
  auto schema = std::make_shared<Schema>();
  for (const SheetColumn& column : columns) {
    const Type type = type_by_name(column.type);
    schema->fields.push_back({.name = column.name, .type = type});
    batch_.columns.push_back(column_of(type, column.values));
    batch_.rows = static_cast<uint32_t>(column.values.size());
  }
  batch_.schema = std::move(schema);
}

ExprPtr Sheet::column(std::string_view name) const {
  const auto index = schema().find(name);
  REQUIRE(index.has_value());
  return make_column(*index, schema().fields[*index].type);
}

ExprPtr literal(std::string_view cell) {
  const size_t colon = cell.find(':');
  const std::string_view text = cell.substr(colon + 1);
  const Type type = type_by_name(cell.substr(0, colon));
  const ExprPtr untyped = text == "NULL" ? make_untyped_null() : make_untyped(std::string(text));
  return made(make_cast(untyped, type, CastKind::kExplicit));
}

ExprPtr made(Result<ExprPtr> result) {
  if (!result.ok()) FAIL(result.error().message);
  return std::move(result).value();
}

std::string refusal(const Result<ExprPtr>& result) {
  return result.ok() ? "made" : result.error().message;
}

ExprPtr call(std::string_view name, std::vector<ExprPtr> args) {
  return made(make_call(name, std::move(args)));
}

std::vector<std::string> values(const ExprPtr& expr, const RecordBatch& batch, Selection rows) {
  Evaluator evaluator(expr);
  RowErrors errors;
  const ColumnPtr column = evaluator.eval(batch, rows, 0, errors);
  finish_errors(errors);
  REQUIRE(column->size() == batch.rows);
  CHECK(column->type() == expr->type);
  std::map<uint32_t, std::string> reasons;
  for (const RowError& error : errors) reasons[error.row] = error.reason;
  std::vector<std::string> texts;
  rows.each([&](uint32_t row) {
    const auto reason = reasons.find(row);
    if (reason != reasons.end()) {
      CHECK(column->is_null(row));
      texts.push_back("!" + reason->second);
      reasons.erase(reason);
    } else {
      texts.push_back(column->is_null(row) ? "NULL" : value_text(*column, row));
    }
  });
  CHECK(reasons.empty());  // No error outside of the selection.
  return texts;
}

std::vector<std::string> values(const ExprPtr& expr, const Sheet& sheet) {
  return values(expr, sheet.batch(), sheet.batch().selection());
}

std::vector<uint32_t> filtered(const ExprPtr& expr, const Sheet& sheet) {
  Evaluator evaluator(expr);
  RowErrors errors;
  RowIndices rows;
  evaluator.filter(sheet.batch(), sheet.batch().selection(), 0, rows, errors);
  return rows;
}

std::string compute(std::string_view name, const std::vector<std::string>& cells) {
  std::vector<ExprPtr> literals;
  for (const std::string& cell : cells) literals.push_back(literal(cell));
  const RecordBatch batch = batch_of(literals);
  const std::string expected = only_value(make_call(name, literals), batch);
  for (size_t mix = 1; mix < (size_t{1} << cells.size()); ++mix) {
    std::vector<ExprPtr> args = literals;
    for (size_t i = 0; i < args.size(); ++i) {
      if ((mix >> i) & 1) args[i] = make_column(i, literals[i]->type);
    }
    const std::string mixed = only_value(make_call(name, args), batch);
    // What is refused for a constant is an error of the row for a column, and some constants are
    // required.
    const bool comparable = !expected.starts_with("refused") && !mixed.starts_with("refused");
    INFO("columns: " << mix);
    if (comparable) CHECK(mixed == expected);
  }
  return expected;
}

std::string cast(std::string_view cell, std::string_view type) {
  const ExprPtr value = literal(cell);
  const Type target = type_by_name(type);
  const RecordBatch batch = batch_of({value});
  const std::string expected = only_value(make_cast(value, target, CastKind::kExplicit), batch);
  const ExprPtr column = make_column(0, value->type);
  CHECK(only_value(make_cast(column, target, CastKind::kExplicit), batch) == expected);
  return expected;
}

std::string type_of(std::string_view name, const std::vector<std::string>& cells) {
  std::vector<ExprPtr> literals;
  for (const std::string& cell : cells) literals.push_back(literal(cell));
  const Result<ExprPtr> result = make_call(name, std::move(literals));
  return result.ok() ? to_text((*result)->type) : "refused: " + result.error().message;
}

}  // namespace weir
