// Casts of every plain type to text and back, in the forms of engine/data/text_form.h.
#include "engine/data/text_form.h"
#include "engine/expr/coercion.h"
#include "engine/expr/loops.h"

#include <algorithm>

namespace weir {
namespace {

void to_text_rows(const KernelCall& call) {
  const Operand& from = call.args[0];
  std::string text;
  call.rows.each([&](uint32_t row) {
    text.clear();
    append_value(text, *from.column, from.constant ? 0 : row);
    call.out.set_text(row, text);
  });
}

// parse(text) gives a Result, put(row, value) stores it.
template <typename Parse, typename Put>
void parse_rows(const KernelCall& call, Parse&& parse, Put&& put) {
  const TextValues from(call.args[0]);
  call.rows.each([&](uint32_t row) {
    auto parsed = parse(from[row]);
    if (!parsed.ok()) return call.fail(row, std::move(parsed).error().message);
    put(row, std::move(parsed).value());
  });
}

template <typename T, typename Parse>
void parse_fixed(const KernelCall& call, Parse&& parse) {
  T* out = call.out.values<T>();
  parse_rows(call, parse, [&](uint32_t row, T value) { out[row] = value; });
}

void parse_boolean_rows(const KernelCall& call) {
  parse_rows(call, parse_boolean, [&](uint32_t row, bool value) { call.out.set_bool(row, value); });
}
void parse_int_rows(const KernelCall& call) { parse_fixed<int32_t>(call, parse_int); }
void parse_bigint_rows(const KernelCall& call) { parse_fixed<int64_t>(call, parse_bigint); }
void parse_double_rows(const KernelCall& call) { parse_fixed<double>(call, parse_double); }
void parse_date_rows(const KernelCall& call) { parse_fixed<int32_t>(call, parse_date); }
void parse_interval_rows(const KernelCall& call) { parse_fixed<Interval>(call, parse_interval); }
void parse_numeric_rows(const KernelCall& call) {
  const Type& type = call.out.type();
  parse_fixed<Int128>(call, [&](std::string_view text) {
    return parse_numeric(text, type.precision(), type.scale());
  });
}
void parse_timestamp_rows(const KernelCall& call) {
  const bool with_zone = call.out.type().kind() == TypeKind::kTimestamptz;
  parse_fixed<int64_t>(call,
                       [&](std::string_view text) { return parse_timestamp(text, with_zone); });
}
void parse_bytea_rows(const KernelCall& call) {
  parse_rows(call, parse_bytea,
             [&](uint32_t row, const std::string& bytes) { call.out.set_text(row, bytes); });
}

constexpr Cast writes(TypeKind from) {
  return {from, TypeKind::kText, CastKind::kAssignment, to_text_rows, Nulls::kNeverSeen};
}

constexpr Cast reads(TypeKind to, Kernel kernel) {
  return {TypeKind::kText, to, CastKind::kExplicit, kernel, Nulls::kNeverSeen};
}

constexpr Cast kCasts[] = {
    writes(TypeKind::kBoolean),
    writes(TypeKind::kInt),
    writes(TypeKind::kBigint),
    writes(TypeKind::kDouble),
    writes(TypeKind::kNumeric),
    writes(TypeKind::kBytea),
    writes(TypeKind::kDate),
    writes(TypeKind::kTimestamp),
    writes(TypeKind::kTimestamptz),
    writes(TypeKind::kInterval),
    reads(TypeKind::kBoolean, parse_boolean_rows),
    reads(TypeKind::kInt, parse_int_rows),
    reads(TypeKind::kBigint, parse_bigint_rows),
    reads(TypeKind::kDouble, parse_double_rows),
    reads(TypeKind::kNumeric, parse_numeric_rows),
    reads(TypeKind::kBytea, parse_bytea_rows),
    reads(TypeKind::kDate, parse_date_rows),
    reads(TypeKind::kTimestamp, parse_timestamp_rows),
    reads(TypeKind::kTimestamptz, parse_timestamp_rows),
    reads(TypeKind::kInterval, parse_interval_rows),
};

}  // namespace

std::span<const Cast> text_casts() { return kCasts; }

}  // namespace weir
