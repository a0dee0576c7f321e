// Expression trees as PostgreSQL text. Everything but names, constants and calls stands in
// parentheses, and every constant says its type unless its form does, so that reading the text back
// makes the same choices again.
#include "engine/data/text_form.h"
#include "engine/expr/expr.h"
#include "engine/expr/function.h"

#include <fmt/format.h>

namespace weir {
namespace {

class Printer {
 public:
  explicit Printer(const Schema& schema) : schema_(schema) {}

  void print(const Expr& expr);
  std::string take() && { return std::move(out_); }

 private:
  void print_literal(const Scalar& literal);
  void print_call(const Expr& expr);
  void print_case(const Expr& expr);
  void print_list(const Expr& expr, std::string_view between);
  void print_quoted(std::string_view text, char quote);
  void print_name(std::string_view name);

  const Schema& schema_;
  std::string out_;
};

// Words that cannot stand as a column's name without quotes.
constexpr std::string_view kReserved[] = {"all",
                                          "analyse",
                                          "analyze",
                                          "and",
                                          "any",
                                          "array",
                                          "as",
                                          "asc",
                                          "asymmetric",
                                          "authorization",
                                          "between",
                                          "bigint",
                                          "binary",
                                          "bit",
                                          "boolean",
                                          "both",
                                          "case",
                                          "cast",
                                          "char",
                                          "character",
                                          "check",
                                          "coalesce",
                                          "collate",
                                          "collation",
                                          "column",
                                          "concurrently",
                                          "constraint",
                                          "create",
                                          "cross",
                                          "current_catalog",
                                          "current_date",
                                          "current_role",
                                          "current_schema",
                                          "current_time",
                                          "current_timestamp",
                                          "current_user",
                                          "dec",
                                          "decimal",
                                          "default",
                                          "deferrable",
                                          "desc",
                                          "distinct",
                                          "do",
                                          "else",
                                          "end",
                                          "except",
                                          "exists",
                                          "extract",
                                          "false",
                                          "fetch",
                                          "float",
                                          "for",
                                          "foreign",
                                          "freeze",
                                          "from",
                                          "full",
                                          "grant",
                                          "greatest",
                                          "group",
                                          "grouping",
                                          "having",
                                          "ilike",
                                          "in",
                                          "initially",
                                          "inner",
                                          "inout",
                                          "int",
                                          "integer",
                                          "intersect",
                                          "interval",
                                          "into",
                                          "is",
                                          "isnull",
                                          "join",
                                          "lateral",
                                          "leading",
                                          "least",
                                          "left",
                                          "like",
                                          "limit",
                                          "localtime",
                                          "localtimestamp",
                                          "national",
                                          "natural",
                                          "nchar",
                                          "none",
                                          "normalize",
                                          "not",
                                          "notnull",
                                          "null",
                                          "nullif",
                                          "numeric",
                                          "offset",
                                          "on",
                                          "only",
                                          "or",
                                          "order",
                                          "out",
                                          "outer",
                                          "overlaps",
                                          "overlay",
                                          "placing",
                                          "position",
                                          "precision",
                                          "primary",
                                          "real",
                                          "references",
                                          "returning",
                                          "right",
                                          "row",
                                          "select",
                                          "session_user",
                                          "setof",
                                          "similar",
                                          "smallint",
                                          "some",
                                          "substring",
                                          "symmetric",
                                          "system_user",
                                          "table",
                                          "tablesample",
                                          "then",
                                          "time",
                                          "timestamp",
                                          "to",
                                          "trailing",
                                          "treat",
                                          "trim",
                                          "true",
                                          "union",
                                          "unique",
                                          "user",
                                          "using",
                                          "values",
                                          "varchar",
                                          "variadic",
                                          "verbose",
                                          "when",
                                          "where",
                                          "window",
                                          "with",
                                          "xmlattributes",
                                          "xmlconcat",
                                          "xmlelement",
                                          "xmlexists",
                                          "xmlforest",
                                          "xmlnamespaces",
                                          "xmlparse",
                                          "xmlpi",
                                          "xmlroot",
                                          "xmlserialize",
                                          "xmltable"};

bool needs_quotes(std::string_view name) {
  if (name.empty()) return true;
  for (size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    const bool letter = (c >= 'a' && c <= 'z') || c == '_';
    const bool digit = c >= '0' && c <= '9';
    if (!letter && (i == 0 || !digit)) return true;
  }
  for (const std::string_view word : kReserved) {
    if (word == name) return true;
  }
  return false;
}

std::string_view operator_text(std::string_view symbol) {
  if (symbol == "~~") return "LIKE";
  if (symbol == "!~~") return "NOT LIKE";
  if (symbol == "~~*") return "ILIKE";
  if (symbol == "!~~*") return "NOT ILIKE";
  return symbol;
}

void Printer::print_quoted(std::string_view text, char quote) {
  out_ += quote;
  for (const char c : text) {
    if (c == quote) out_ += quote;
    out_ += c;
  }
  out_ += quote;
}

void Printer::print_name(std::string_view name) {
  if (needs_quotes(name)) return print_quoted(name, '"');
  out_ += name;
}

void Printer::print_literal(const Scalar& literal) {
  const std::string type = to_text(literal.type);
  if (literal.is_null()) {
    out_ += fmt::format("NULL::{}", type);
    return;
  }
  const std::string text = value_text(*constant_column(literal, 1), 0);
  const TypeKind kind = literal.type.kind();
  if (kind == TypeKind::kBoolean || (kind == TypeKind::kInt && text.front() != '-')) {
    out_ += text;
    return;
  }
  print_quoted(text, '\'');
  out_ += fmt::format("::{}", type);
}

void Printer::print_list(const Expr& expr, std::string_view between) {
  for (size_t i = 0; i < expr.args.size(); ++i) {
    if (i != 0) out_ += between;
    print(*expr.args[i]);
  }
}

void Printer::print_call(const Expr& expr) {
  const std::string_view name = expr.function->name;
  if (is_operator(name)) {
    out_ += '(';
    if (expr.args.size() == 1) {
      out_ += name;
      out_ += ' ';
      print(*expr.args[0]);
    } else {
      print_list(expr, fmt::format(" {} ", operator_text(name)));
    }
    out_ += ')';
    return;
  }
  if (name == "position") {
    out_ += "position(";
    print(*expr.args[1]);
    out_ += " IN ";
    print(*expr.args[0]);
  } else if (name == "extract" && expr.args[0]->kind == ExprKind::kLiteral) {
    out_ += "extract(";
    print_quoted(std::get<std::string>(expr.args[0]->literal.value), '\'');
    out_ += " FROM ";
    print(*expr.args[1]);
  } else {
    out_ += name;  // Those that are keywords (left, right) may stand before a parenthesis.
    out_ += '(';
    print_list(expr, ", ");
  }
  out_ += ')';
}

void Printer::print_case(const Expr& expr) {
  out_ += "CASE";
  size_t i = 0;
  for (; i + 1 < expr.args.size(); i += 2) {
    out_ += " WHEN ";
    print(*expr.args[i]);
    out_ += " THEN ";
    print(*expr.args[i + 1]);
  }
  out_ += " ELSE ";
  print(*expr.args[i]);
  out_ += " END";
}

void Printer::print(const Expr& expr) {
  switch (expr.kind) {
    case ExprKind::kColumn: return print_name(schema_.fields[expr.index].name);
    case ExprKind::kLiteral: return print_literal(expr.literal);
    case ExprKind::kField:
      out_ += '(';
      print(*expr.args[0]);
      out_ += ").";
      return print_name(expr.args[0]->type.fields().fields[expr.index].name);
    case ExprKind::kCall: return print_call(expr);
    case ExprKind::kCast:
      out_ += "CAST(";
      print(*expr.args[0]);
      out_ += fmt::format(" AS {})", to_text(expr.type));
      return;
    case ExprKind::kCase: return print_case(expr);
    case ExprKind::kNow: out_ += "now()"; return;
    case ExprKind::kWatermark: out_ += "current_watermark()"; return;
    case ExprKind::kCoalesce:
      out_ += "COALESCE(";
      print_list(expr, ", ");
      break;
    case ExprKind::kAnd:
    case ExprKind::kOr:
      out_ += '(';
      print_list(expr, expr.kind == ExprKind::kAnd ? " AND " : " OR ");
      break;
    case ExprKind::kNot:
      out_ += "(NOT ";
      print_list(expr, "");
      break;
    case ExprKind::kIsNull:
      out_ += '(';
      print(*expr.args[0]);
      out_ += " IS NULL";
      break;
    case ExprKind::kIsDistinct:
      out_ += '(';
      print_list(expr, " IS DISTINCT FROM ");
      break;
  }
  out_ += ')';
}

}  // namespace

std::string to_text(const Expr& expr, const Schema& schema) {
  Printer printer(schema);
  printer.print(expr);
  return std::move(printer).take();
}

}  // namespace weir
