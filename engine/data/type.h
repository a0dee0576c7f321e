// The types a column can have. Plain values, cheap to copy (composites and arrays share their
// description).
//
// How a value of each kind is held in memory (column.h), all as in the Arrow columnar format:
//
//   boolean      1 bit               text, bytea   16-byte view (text_view.h)
//   int          int32               date          int32, days since 1970-01-01
//   bigint       int64               timestamp     int64, microseconds since 1970-01-01 00:00
//   double       double              timestamptz   the same, in UTC
//   numeric      128-bit integer,    interval      months, days, microseconds (16 bytes)
//                value * 10^scale    composite     children;  array: int32 offsets and a child
#pragma once

#include "engine/base/status.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

__extension__ typedef __int128 Int128;  // NOLINT: an alias-declaration cannot carry __extension__.
__extension__ typedef unsigned __int128 Uint128;  // NOLINT

enum class TypeKind : uint8_t {
  kBoolean,
  kInt,
  kBigint,
  kDouble,
  kNumeric,
  kText,
  kBytea,
  kDate,
  kTimestamp,
  kTimestamptz,
  kInterval,
  kComposite,
  kArray,
};

inline constexpr int kNumericPrecisionMax = 38;

// Calendar units do not convert into each other (a month has no fixed length), hence three parts.
struct Interval {
  int32_t months = 0;
  int32_t days = 0;
  int64_t micros = 0;

  bool operator==(const Interval&) const = default;
};
static_assert(sizeof(Interval) == 16);

class Type;
struct CompositeType;

class Type {
 public:
  Type() = default;
  // REQUIRES: a kind without parameters: not numeric, composite or array.
  Type(TypeKind kind);
  // REQUIRES: 1 <= precision <= 38 and 0 <= scale <= precision.
  static Type numeric(int precision, int scale);
  static Type composite(std::shared_ptr<const CompositeType> description);
  static Type array(Type element);

  TypeKind kind() const { return kind_; }
  int precision() const { return precision_; }
  int scale() const { return scale_; }
  const CompositeType& fields() const;  // REQUIRES: kind() == kComposite.
  const Type& element() const;          // REQUIRES: kind() == kArray.

  bool is_text_like() const { return kind_ == TypeKind::kText || kind_ == TypeKind::kBytea; }
  bool is_integer() const { return kind_ == TypeKind::kInt || kind_ == TypeKind::kBigint; }
  bool is_number() const {
    return is_integer() || kind_ == TypeKind::kDouble || kind_ == TypeKind::kNumeric;
  }
  bool is_time() const { return kind_ == TypeKind::kTimestamp || kind_ == TypeKind::kTimestamptz; }

  // Whether it is a composite, or an array of them.
  bool has_composite() const;

  // Bytes of one value in a column's values buffer; 0 where a value is not a whole number of bytes
  // (boolean) or lives in children (composite, array).
  size_t width() const;

  bool operator==(const Type& other) const;

 private:
  TypeKind kind_ = TypeKind::kBigint;
  uint8_t precision_ = 0;
  uint8_t scale_ = 0;
  std::shared_ptr<const CompositeType> composite_;
  std::shared_ptr<const Type> element_;
};

struct Field {
  std::string name;
  Type type;
  bool nullable = true;
  // Watermarks speak of this column: no row below a watermark follows it. Only timestamp and
  // timestamptz, never NULL; false for the fields of a composite. A stream may have none, one, or
  // (a window's window_end and window_time) several.
  bool event_time = false;

  bool operator==(const Field&) const = default;
};

struct CompositeType {
  std::string name;
  std::vector<Field> fields;

  bool operator==(const CompositeType&) const = default;
};

// The name PostgreSQL gives it: "numeric(12,2)", "double precision", "timestamp with time zone", a
// composite's own name.
std::string to_text(const Type& type);

// The type of a PostgreSQL name without composites and arrays ("int8", "bigint", "numeric(12,2)",
// "timestamptz", ...). kUser error for unknown names and for "numeric" without precision.
Result<Type> type_named(std::string_view name);

}  // namespace weir
