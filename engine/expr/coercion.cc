#include "engine/expr/coercion.h"

#include "engine/data/text_form.h"
#include "engine/expr/evaluator.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace weir {
namespace {

struct NumberShape {
  int64_t digits = 0;  // Significant ones, leading zeros apart.
  int64_t scale = 0;
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Of "[+-]digits[.digits][e[+-]digits]"; absent for anything else.
std::optional<NumberShape> shape_of(std::string_view text) {
  NumberShape shape;
  size_t at = !text.empty() && (text[0] == '-' || text[0] == '+') ? 1 : 0;
  bool point = false;
  bool any = false;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '.' && !point) {
      point = true;
    } else if (is_digit(c)) {
      any = true;
      if (shape.digits != 0 || c != '0') ++shape.digits;
      if (point) ++shape.scale;
    } else {
      break;
    }
  }
  if (!any) return std::nullopt;
  if (at == text.size()) return shape;
  if (text[at] != 'e' && text[at] != 'E') return std::nullopt;
  ++at;
  if (at < text.size() && text[at] == '+') ++at;
  int exponent = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data() + at, end, exponent);
  if (error != std::errc() || stop != end) return std::nullopt;
  shape.scale -= exponent;
  if (shape.scale < 0) {
    shape.digits -= shape.scale;
    shape.scale = 0;
  }
  return shape;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

}  // namespace

const Cast* find_cast(TypeKind from, TypeKind to) {
  for (const auto& casts : {number_casts(), time_casts(), text_casts()}) {
    for (const Cast& cast : casts) {
      if (cast.from == from && cast.to == to) return &cast;
    }
  }
  return nullptr;
}

bool casts_implicitly(TypeKind from, TypeKind to) {
  if (from == to) return true;
  const Cast* cast = find_cast(from, to);
  return cast != nullptr && cast->kind == CastKind::kImplicit;
}

TypeGroup group_of(TypeKind kind) {
  switch (kind) {
    case TypeKind::kInt:
    case TypeKind::kBigint:
    case TypeKind::kDouble:
    case TypeKind::kNumeric: return TypeGroup::kNumber;
    case TypeKind::kText: return TypeGroup::kText;
    case TypeKind::kDate:
    case TypeKind::kTimestamp:
    case TypeKind::kTimestamptz: return TypeGroup::kTime;
    case TypeKind::kInterval: return TypeGroup::kInterval;
    case TypeKind::kBoolean: return TypeGroup::kBoolean;
    case TypeKind::kBytea: return TypeGroup::kBytes;
    case TypeKind::kComposite:
    case TypeKind::kArray: return TypeGroup::kOther;
  }
  unreachable();
}

bool is_preferred(TypeKind kind) {
  return kind == TypeKind::kDouble || kind == TypeKind::kText || kind == TypeKind::kTimestamptz ||
         kind == TypeKind::kInterval || kind == TypeKind::kBoolean;
}

Type numeric_of(const Type& type) {
  if (type.kind() == TypeKind::kNumeric) return type;
  CHECK(type.is_integer());
  return Type::numeric(type.kind() == TypeKind::kInt ? 10 : 19, 0);
}

Result<Type> numeric_of_text(std::string_view text) {
  const std::optional<NumberShape> shape = shape_of(trimmed(text));
  if (!shape) {
    return user_error(fmt::format("invalid input syntax for type numeric: \"{}\"", text));
  }
  const int64_t precision = std::max({shape->digits, shape->scale, int64_t{1}});
  if (precision > kNumericPrecisionMax) {
    return user_error(fmt::format("the number {} needs {} digits, and numeric has at most {}", text,
                                  precision, kNumericPrecisionMax));
  }
  return Type::numeric(static_cast<int>(precision), static_cast<int>(shape->scale));
}

Result<ExprPtr> parse_literal(const Scalar& untyped, const Type& type) {
  if (untyped.is_null()) return make_literal(null_scalar(type));
  const std::string& text = std::get<std::string>(untyped.value);
  if (type.kind() == TypeKind::kText) return make_literal({type, text});
  if (type.kind() == TypeKind::kComposite || type.kind() == TypeKind::kArray) {
    return user_error(
        fmt::format("a constant of type {} cannot be written as text", to_text(type)));
  }
  ColumnWriter writer(type, 1);
  const Status parsed = append_parsed(writer, text);
  if (!parsed.ok()) return user_error(parsed.error().message);
  const ColumnPtr column = std::move(writer).finish();
  return make_literal(scalar_at(*column, 0));
}

ExprPtr make_node(ExprKind kind, Type type, std::vector<ExprPtr> args) {
  auto node = std::make_shared<Expr>();
  node->kind = kind;
  node->type = std::move(type);
  node->args = std::move(args);
  return node;
}

ExprPtr fold_constants(ExprPtr expr) {
  if (expr->args.empty()) return expr;
  for (const ExprPtr& arg : expr->args) {
    if (arg->kind != ExprKind::kLiteral) return expr;
  }
  RecordBatch nothing;
  nothing.rows = 1;
  RowErrors errors;
  Evaluator evaluator(expr);
  const ColumnPtr value = evaluator.eval(nothing, Selection(1), 0, errors);
  if (!errors.empty()) return expr;
  return make_literal(scalar_at(*value, 0));
}

}  // namespace weir
