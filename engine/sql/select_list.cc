#include "engine/sql/select_list.h"

#include "engine/expr/build.h"
#include "engine/expr/nearest_name.h"
#include "engine/sql/expression_binder.h"

#include <fmt/format.h>

namespace weir {
namespace {

// The name of the last field that an indirection reads; empty for array elements.
std::string last_field(const Node& indirection) {
  const std::vector<Node> steps = indirection.list("indirection");
  for (auto step = steps.rbegin(); step != steps.rend(); ++step) {
    if (step->is("String")) return step->text("sval");
  }
  return figured_name(indirection.child("arg"));
}

std::string cast_name(const Node& cast) {
  std::string inner = figured_name(cast.child("arg"));
  if (inner != kNoName) return inner;
  const std::vector<std::string> names = cast.part("typeName").names("names");
  return names.empty() ? inner : names.back();
}

std::string clock_name(const std::string& op) {
  std::string name = op.substr(op.find('_') + 1);  // SVFOP_CURRENT_DATE
  for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return name;
}

bool is_star(const Node& node) {
  if (node.is("ColumnRef")) return node.list("fields").back().is("A_Star");
  if (!node.is("A_Indirection")) return false;
  const std::vector<Node> steps = node.list("indirection");
  return !steps.empty() && steps.back().is("A_Star");
}

class ListReader {
 public:
  ListReader(const ScriptText& script, const Catalog& catalog, const Scope& scope)
      : script_(script), catalog_(catalog), scope_(scope) {}

  Result<std::vector<SelectItem>> read(const Node& select) {
    for (const Node& target : select.list("targetList")) {
      const Node value = target.child("val");
      if (value.is("ColumnRef") && is_star(value)) {
        TRY(add_columns(value));
      } else if (is_star(value)) {
        TRY(add_fields(value));
      } else {
        const std::string alias = target.text("name");
        items_.push_back({.name = alias.empty() ? figured_name(value) : alias,
                          .node = value,
                          .expr = nullptr,
                          .location = value.location()});
      }
    }
    if (items_.empty()) {
      return script_.refuse(select.location(), "a SELECT needs at least one column");
    }
    return std::move(items_);
  }

 private:
  // * and t.*
  Status add_columns(const Node& star) {
    std::vector<std::string> names = star.names("fields");
    names.pop_back();
    if (names.size() > 1 || (names.size() == 1 && !scope_.has_table(names[0]))) {
      std::vector<std::string> tables;
      for (const ScopeColumn& column : scope_.columns()) tables.push_back(column.table);
      return script_.refuse(star.location(), fmt::format("table \"{}\" is not in FROM{}", names[0],
                                                         did_you_mean(names[0], tables)));
    }
    for (const ScopeColumn& column : scope_.columns()) {
      if (names.empty() ? column.qualified_only : column.table != names[0]) continue;
      items_.push_back(
          {.name = column.name, .node = {}, .expr = column.expr, .location = star.location()});
    }
    return {};
  }

  // (composite).*
  Status add_fields(const Node& star) {
    const std::vector<Node> steps = star.list("indirection");
    ExpressionBinder binder(script_, catalog_, scope_, "the list of a SELECT");
    ExprPtr value = TRY(binder.bind_settled(star.child("arg")));
    for (size_t i = 0; i + 1 < steps.size(); ++i) {
      const Result<ExprPtr> field = make_field(value, steps[i].text("sval"));
      if (!field.ok()) return script_.refuse(star.location(), field.error().message);
      value = *field;
    }
    if (value->type.kind() != TypeKind::kComposite) {
      return script_.refuse(star.location(),
                            fmt::format("a value of type {} has no fields: it is not composite",
                                        to_text(value->type)));
    }
    for (const Field& field : value->type.fields().fields) {
      const Result<ExprPtr> expr = make_field(value, field.name);
      CHECK(expr.ok());
      items_.push_back(
          {.name = field.name, .node = {}, .expr = *expr, .location = star.location()});
    }
    return {};
  }

  const ScriptText& script_;
  const Catalog& catalog_;
  const Scope& scope_;
  std::vector<SelectItem> items_;
};

}  // namespace

Result<std::vector<SelectItem>> read_select_list(const ScriptText& script, const Catalog& catalog,
                                                 const Scope& scope, const Node& select) {
  return ListReader(script, catalog, scope).read(select);
}

std::string figured_name(const Node& node) {
  if (node.is("ColumnRef")) {
    const std::vector<std::string> names = node.names("fields");
    return names.empty() || names.back().empty() ? std::string(kNoName) : names.back();
  }
  if (node.is("A_Indirection")) return last_field(node);
  if (node.is("FuncCall")) return node.names("funcname").back();
  if (node.is("TypeCast")) return cast_name(node);
  if (node.is("CoalesceExpr")) return "coalesce";
  if (node.is("MinMaxExpr")) return node.text("op") == "IS_GREATEST" ? "greatest" : "least";
  if (node.is("SQLValueFunction")) return clock_name(node.text("op"));
  if (node.is("A_Expr") && node.text("kind") == "AEXPR_NULLIF") return "nullif";
  if (node.is("CaseExpr")) {
    const Node otherwise = node.child("defresult");
    const std::string name = otherwise ? figured_name(otherwise) : std::string(kNoName);
    return name == kNoName ? "case" : name;
  }
  return std::string(kNoName);
}

}  // namespace weir
