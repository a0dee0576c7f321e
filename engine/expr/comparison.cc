// = <> < <= > >= of every ordered type. Text by bytes, as PostgreSQL's collation "C" does it.
#include "engine/expr/function.h"
#include "engine/expr/loops.h"
#include "engine/expr/order.h"

#include <cstring>
#include <functional>

namespace weir {
namespace {

// A policy knows one kind of values: with_test<Op>(args, f) calls f with a function from row to
// boolean.

template <typename T>
struct Plain {
  template <typename Op, typename F>
  static void with_test(std::span<const Operand> args, F&& f) {
    with_values<T>(args[0], [&](auto a) {
      with_values<T>(args[1],
                     [&](auto b) { f([a, b](uint32_t row) { return Op{}(a[row], b[row]); }); });
    });
  }
};

// A double that compares as PostgreSQL compares it.
struct OrderedDouble {
  double value;
  bool operator==(OrderedDouble other) const { return double_equal(value, other.value); }
  bool operator!=(OrderedDouble other) const { return !double_equal(value, other.value); }
  bool operator<(OrderedDouble other) const { return double_less(value, other.value); }
  bool operator>(OrderedDouble other) const { return double_less(other.value, value); }
  bool operator<=(OrderedDouble other) const { return !double_less(other.value, value); }
  bool operator>=(OrderedDouble other) const { return !double_less(value, other.value); }
};
static_assert(sizeof(OrderedDouble) == sizeof(double));

struct Booleans {
  template <typename Op, typename F>
  static void with_test(std::span<const Operand> args, F&& f) {
    const uint64_t* a = args[0].column->bits();
    const uint64_t* b = args[1].column->bits();
    const uint32_t mask_a = args[0].constant ? 0 : ~uint32_t{0};
    const uint32_t mask_b = args[1].constant ? 0 : ~uint32_t{0};
    f([=](uint32_t row) { return Op{}(bit_get(a, row & mask_a), bit_get(b, row & mask_b)); });
  }
};

struct Numerics {
  template <typename Op, typename F>
  static void with_test(std::span<const Operand> args, F&& f) {
    const int scale_a = args[0].type().scale();
    const int scale_b = args[1].type().scale();
    if (scale_a == scale_b) return Plain<Int128>::with_test<Op>(args, f);
    const int scale = std::max(scale_a, scale_b);
    const Int128 factor_a = power_of_ten(scale - scale_a);
    const Int128 factor_b = power_of_ten(scale - scale_b);
    const bool small = scale - std::min(scale_a, scale_b) <= 18;
    with_values<Int128>(args[0], [&](auto a) {
      with_values<Int128>(args[1], [&](auto b) {
        f([=](uint32_t row) {
          const Int128 left = a[row];
          const Int128 right = b[row];
          const bool quick =
              small && left == static_cast<int64_t>(left) && right == static_cast<int64_t>(right);
          if (quick) return Op{}(left * factor_a, right * factor_b);
          return Op{}(numeric_order(left, scale_a, right, scale_b), 0);
        });
      });
    });
  }
};

struct Intervals {
  template <typename Op, typename F>
  static void with_test(std::span<const Operand> args, F&& f) {
    const FixedValues<Interval> a(args[0]);
    const FixedValues<Interval> b(args[1]);
    f([=](uint32_t row) { return Op{}(interval_length(a[row]), interval_length(b[row])); });
  }
};

// The views of a text column. Most texts differ in their length or their first bytes, which stand
// in the view itself.
class TextViews {
 public:
  explicit TextViews(const Operand& operand)
      : column_(operand.column),
        views_(operand.column->values<TextView>()),
        mask_(operand.constant ? 0 : ~uint32_t{0}) {}
  const TextView& view(uint32_t row) const { return views_[row & mask_]; }
  std::string_view text(uint32_t row) const { return column_->text(row & mask_); }

 private:
  const Column* column_;
  const TextView* views_;
  uint32_t mask_;
};

inline bool same_text(const TextViews& a, const TextViews& b, uint32_t row) {
  uint64_t left[2];
  uint64_t right[2];
  std::memcpy(left, &a.view(row), sizeof left);
  std::memcpy(right, &b.view(row), sizeof right);
  if (left[0] != right[0]) return false;  // Size and prefix.
  if (a.view(row).is_inline()) return left[1] == right[1];
  return a.text(row) == b.text(row);
}

struct Texts {
  template <typename Op, typename F>
  static void with_test(std::span<const Operand> args, F&& f) {
    const TextViews a(args[0]);
    const TextViews b(args[1]);
    if constexpr (std::is_same_v<Op, std::equal_to<>>) {
      f([a, b](uint32_t row) { return same_text(a, b, row); });
    } else if constexpr (std::is_same_v<Op, std::not_equal_to<>>) {
      f([a, b](uint32_t row) { return !same_text(a, b, row); });
    } else {
      f([a, b](uint32_t row) { return Op{}(text_order(a.text(row), b.text(row)), 0); });
    }
  }
};

template <typename Policy, typename Op>
void compare(const KernelCall& call) {
  Policy::template with_test<Op>(call.args,
                                 [&](auto test) { write_bits(call.rows, call.out.bits(), test); });
}

template <typename Policy, typename Op>
void select(Selection rows, std::span<const Operand> args, RowIndices& out) {
  Policy::template with_test<Op>(args, [&](auto test) { append_rows(rows, out, test); });
}

template <typename Policy, typename Op>
constexpr Function entry(std::string_view name, TypeKind kind) {
  return {.name = name,
          .args = takes(kind, kind),
          .result = TypeKind::kBoolean,
          .kernel = compare<Policy, Op>,
          .nulls = Nulls::kTolerated,
          .filter = select<Policy, Op>,
          .cheap = true};
}

template <typename Policy>
constexpr std::array<Function, 6> entries(TypeKind kind) {
  return {
      entry<Policy, std::equal_to<>>("=", kind), entry<Policy, std::not_equal_to<>>("<>", kind),
      entry<Policy, std::less<>>("<", kind),     entry<Policy, std::less_equal<>>("<=", kind),
      entry<Policy, std::greater<>>(">", kind),  entry<Policy, std::greater_equal<>>(">=", kind)};
}

template <size_t... sizes>
constexpr auto join(const std::array<Function, sizes>&... parts) {
  std::array<Function, (sizes + ...)> all;
  size_t next = 0;
  const auto add = [&](const auto& part) {
    for (const Function& function : part) all[next++] = function;
  };
  (add(parts), ...);
  return all;
}

constexpr auto kFunctions =
    join(entries<Booleans>(TypeKind::kBoolean), entries<Plain<int32_t>>(TypeKind::kInt),
         entries<Plain<int64_t>>(TypeKind::kBigint),
         entries<Plain<OrderedDouble>>(TypeKind::kDouble), entries<Numerics>(TypeKind::kNumeric),
         entries<Texts>(TypeKind::kText), entries<Texts>(TypeKind::kBytea),
         entries<Plain<int32_t>>(TypeKind::kDate), entries<Plain<int64_t>>(TypeKind::kTimestamp),
         entries<Plain<int64_t>>(TypeKind::kTimestamptz), entries<Intervals>(TypeKind::kInterval));

}  // namespace

FunctionFamily comparison_functions() { return kFunctions; }

}  // namespace weir
