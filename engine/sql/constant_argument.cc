#include "engine/sql/constant_argument.h"

#include "engine/data/calendar.h"
#include "engine/expr/build.h"
#include "engine/sql/expression_binder.h"

#include <fmt/format.h>

#include <optional>

namespace weir {
namespace {

// Null where the expression is no constant of this type.
Result<ExprPtr> constant(const ScriptText& script, const Catalog& catalog, const Node& node,
                         TypeKind type) {
  const Scope nothing;
  ExpressionBinder binder(script, catalog, nothing, "an argument");
  const ExprPtr bound = TRY(binder.bind(node));
  Result<ExprPtr> cast = make_cast(bound, type, CastKind::kImplicit);
  const bool is_constant =
      cast.ok() && (*cast)->kind == ExprKind::kLiteral && !(*cast)->literal.is_null();
  return is_constant ? *cast : ExprPtr();
}

}  // namespace

Result<int64_t> constant_interval(const ScriptText& script, const Catalog& catalog,
                                  const Node& node, std::string_view what) {
  const ExprPtr interval = TRY(constant(script, catalog, node, TypeKind::kInterval));
  if (interval == nullptr) {
    return script.refuse(
        node.location(),
        fmt::format("{} is a constant interval, such as INTERVAL '1 minute'", what));
  }
  const Interval value = std::get<Interval>(interval->literal.value);
  if (value.months != 0) {
    return script.refuse(
        node.location(),
        fmt::format("{} has no fixed length in months and years: write days, hours, minutes or "
                    "seconds",
                    what));
  }
  const std::optional<int64_t> micros = interval_to_micros(value);
  if (!micros) return script.refuse(node.location(), fmt::format("{} is too long", what));
  return *micros;
}

Result<uint32_t> constant_count(const ScriptText& script, const Catalog& catalog, const Node& node,
                                std::string_view what, uint32_t most) {
  const ExprPtr number = TRY(constant(script, catalog, node, TypeKind::kBigint));
  const int64_t value = number == nullptr ? -1 : std::get<int64_t>(number->literal.value);
  if (value >= 0 && value <= most) return static_cast<uint32_t>(value);
  return script.refuse(node.location(),
                       fmt::format("{} is a constant number from 0 to {}", what, most));
}

}  // namespace weir
