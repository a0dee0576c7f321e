// Values to text and back, in PostgreSQL's forms and exactly: what casts, CSV, JSON and error
// messages share.
//
// Appending never fails. Parsing takes the whole text (surrounding white space allowed, as in
// PostgreSQL casts) and returns a kBadData error that shows the text (cut to 64 bytes) and the
// type. All are fast enough for a call per row: no allocation on success.
#pragma once

#include "engine/data/column.h"
#include "engine/data/type.h"

#include <string>
#include <string_view>

namespace weir {

// Where a timestamp text is read: PostgreSQL writes "2024-01-01 00:00:00.5+00", JSON output RFC
// 3339 "2024-01-01T00:00:00.500Z" (no fraction where it is zero, else three or six digits; no Z for
// timestamp).
enum class TimeStyle { kPostgres, kRfc3339 };

void append_integer(std::string& out, int64_t value);
// "-12.30": all digits of the scale.
void append_numeric(std::string& out, Int128 value, int scale);
// Shortest round trip, as PostgreSQL prints it.
void append_double(std::string& out, double value);
void append_date(std::string& out, int32_t days);  // "2024-01-31"
// Years before 1 end with " BC" in both styles.
void append_timestamp(std::string& out, int64_t micros, bool with_zone, TimeStyle style);
// "1 year 2 mons 3 days 04:05:06.5".
void append_interval(std::string& out, const Interval& interval);
void append_bytea_hex(std::string& out, std::string_view bytes);  // "\x0aff"
void append_base64(std::string& out, std::string_view bytes);

// The text that a cast to text gives (boolean: "true", "false"). REQUIRES: not NULL, not composite
// or array.
void append_value(std::string& out, const Column& column, size_t row);
std::string value_text(const Column& column, size_t row);

Result<bool> parse_boolean(std::string_view text);
Result<int32_t> parse_int(std::string_view text);
Result<int64_t> parse_bigint(std::string_view text);
Result<double> parse_double(std::string_view text);
// Rounded to the scale, half away from zero; more digits than the precision is an error. Accepts
// exponents.
Result<Int128> parse_numeric(std::string_view text, int precision, int scale);
// A time behind the date is read and dropped. No "infinity", here and below.
Result<int32_t> parse_date(std::string_view text);
// ISO 8601 with 'T' or a space; fractions to the microsecond (rounded); a zone is "Z", "+hh",
// "+hh:mm" or "+hhmm". With `with_zone` the zone is applied (none means UTC); without, a zone is
// read and ignored, as PostgreSQL does.
Result<int64_t> parse_timestamp(std::string_view text, bool with_zone);
// "10 seconds", "1 day 02:00:00", "1 year 2 mons", "PT5M", "00:00:25.5", "-1 hour", "2 hours ago".
Result<Interval> parse_interval(std::string_view text);
Result<std::string> parse_bytea(std::string_view text);   // "\x0aff", or the escape form
Result<std::string> parse_base64(std::string_view text);  // padded, in one piece

// Appends the value that the text stands for to the writer, by the writer's type; text as it is.
// After an error the writer is as before. REQUIRES: not composite or array, valid UTF-8 where the
// type is text.
Status append_parsed(ColumnWriter& writer, std::string_view text);

// Whether the bytes are valid UTF-8 (no surrogates, no overlong forms).
bool is_utf8(std::string_view bytes);

}  // namespace weir
