// Values as JSON text, in the form sql.md promises: what JSON sinks, dead letters, late rows and
// `print` share.
//
// numeric: a number with its scale; timestamptz: RFC 3339 in UTC with Z, fraction of three or six
// digits only where it is not zero; timestamp: the same without Z; date: "2024-01-31"; interval:
// PostgreSQL's text; double: shortest round trip (NaN and infinities as strings, which JSON has no
// numbers for); bytea: base64; composite: an object; NULL: null.
#pragma once

#include "engine/data/batch.h"

#include <string>
#include <string_view>
#include <vector>

namespace weir {

// A JSON string with its quotes: escapes what JSON requires and nothing else (UTF-8 stays as it
// is).
void append_json_string(std::string& out, std::string_view utf8);

void append_json_value(std::string& out, const Column& column, size_t row);

// {"a":1,"b":null}: keys in column order; absent columns are left out.
void append_json_row(std::string& out, const RecordBatch& batch, size_t row);

}  // namespace weir
