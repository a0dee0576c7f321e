#include "engine/data/type.h"

#include <fmt/format.h>

#include <charconv>
#include <utility>

namespace weir {
namespace {

struct TypeName {
  std::string_view name;
  TypeKind kind;
};

// PostgreSQL's own names first: to_text takes the first of a kind.
constexpr TypeName kNames[] = {
    {"boolean", TypeKind::kBoolean},
    {"integer", TypeKind::kInt},
    {"bigint", TypeKind::kBigint},
    {"double precision", TypeKind::kDouble},
    {"text", TypeKind::kText},
    {"bytea", TypeKind::kBytea},
    {"date", TypeKind::kDate},
    {"timestamp without time zone", TypeKind::kTimestamp},
    {"timestamp with time zone", TypeKind::kTimestamptz},
    {"interval", TypeKind::kInterval},
    {"bool", TypeKind::kBoolean},
    {"int", TypeKind::kInt},
    {"int4", TypeKind::kInt},
    {"int8", TypeKind::kBigint},
    {"float8", TypeKind::kDouble},
    {"double", TypeKind::kDouble},
    {"timestamp", TypeKind::kTimestamp},
    {"timestamptz", TypeKind::kTimestamptz},
};

Result<int> parse_number(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) {
    return user_error(fmt::format("'{}' is not a number", text));
  }
  return number;
}

Result<Type> numeric_named(std::string_view parameters) {
  const size_t comma = parameters.find(',');
  const int precision = TRY(parse_number(parameters.substr(0, comma)));
  int scale = 0;
  if (comma != std::string_view::npos) scale = TRY(parse_number(parameters.substr(comma + 1)));
  if (precision < 1 || precision > kNumericPrecisionMax || scale < 0 || scale > precision) {
    return user_error(fmt::format(
        "numeric({},{}) is out of range: precision is 1 to 38, scale is 0 to the precision",
        precision, scale));
  }
  return Type::numeric(precision, scale);
}

}  // namespace

Type::Type(TypeKind kind) : kind_(kind) {
  CHECK(kind != TypeKind::kNumeric);
  CHECK(kind != TypeKind::kComposite);
  CHECK(kind != TypeKind::kArray);
}

Type Type::numeric(int precision, int scale) {
  CHECK(precision >= 1);
  CHECK(precision <= kNumericPrecisionMax);
  CHECK(scale >= 0);
  CHECK(scale <= precision);
  Type type;
  type.kind_ = TypeKind::kNumeric;
  type.precision_ = static_cast<uint8_t>(precision);
  type.scale_ = static_cast<uint8_t>(scale);
  return type;
}

Type Type::composite(std::shared_ptr<const CompositeType> description) {
  CHECK(description != nullptr);
  Type type;
  type.kind_ = TypeKind::kComposite;
  type.composite_ = std::move(description);
  return type;
}

Type Type::array(Type element) {
  Type type;
  type.kind_ = TypeKind::kArray;
  type.element_ = std::make_shared<const Type>(std::move(element));
  return type;
}

const CompositeType& Type::fields() const {
  CHECK(kind_ == TypeKind::kComposite);
  return *composite_;
}

const Type& Type::element() const {
  CHECK(kind_ == TypeKind::kArray);
  return *element_;
}

bool Type::has_composite() const {
  if (kind_ == TypeKind::kArray) return element_->has_composite();
  return kind_ == TypeKind::kComposite;
}

size_t Type::width() const {
  switch (kind_) {
    case TypeKind::kBoolean:
    case TypeKind::kComposite:
    case TypeKind::kArray: return 0;
    case TypeKind::kInt:
    case TypeKind::kDate: return 4;
    case TypeKind::kBigint:
    case TypeKind::kDouble:
    case TypeKind::kTimestamp:
    case TypeKind::kTimestamptz: return 8;
    case TypeKind::kNumeric:
    case TypeKind::kText:
    case TypeKind::kBytea:
    case TypeKind::kInterval: return 16;
  }
  unreachable();
}

bool Type::operator==(const Type& other) const {
  if (kind_ != other.kind_ || precision_ != other.precision_ || scale_ != other.scale_) {
    return false;
  }
  if (kind_ == TypeKind::kComposite) {
    return composite_ == other.composite_ || *composite_ == *other.composite_;
  }
  if (kind_ == TypeKind::kArray) return *element_ == *other.element_;
  return true;
}

std::string to_text(const Type& type) {
  switch (type.kind()) {
    case TypeKind::kNumeric: return fmt::format("numeric({},{})", type.precision(), type.scale());
    case TypeKind::kComposite: return type.fields().name;
    case TypeKind::kArray: return to_text(type.element()) + "[]";
    default: break;
  }
  for (const TypeName& entry : kNames) {
    if (entry.kind == type.kind()) return std::string(entry.name);
  }
  unreachable();
}

Result<Type> type_named(std::string_view name) {
  for (const TypeName& entry : kNames) {
    if (entry.name == name) return Type(entry.kind);
  }
  const bool is_numeric = name.starts_with("numeric") || name.starts_with("decimal");
  if (is_numeric && name.size() == 7) {
    return user_error(
        "numeric needs a precision and a scale here: write numeric(p,s), such as numeric(12,2)");
  }
  if (is_numeric && name[7] == '(' && name.back() == ')') {
    return numeric_named(name.substr(8, name.size() - 9));
  }
  return user_error(fmt::format(
      "type \"{}\" does not exist: use boolean, int, bigint, double precision, numeric(p,s), text, "
      "bytea, date, timestamp, timestamptz or interval",
      name));
}

}  // namespace weir
