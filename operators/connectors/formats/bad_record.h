// How decoders write down a record that is no row. Shared by the formats.
#pragma once

#include "operators/connectors/formats/decoder.h"

#include <string>
#include <string_view>
#include <vector>

namespace weir {

// The record's bytes are cut to `raw_max`. `reason` says what is wrong, with the value; `label` one
// of few things.
BadRecord bad_record(const RawRecord& record, size_t raw_max, std::string reason,
                     std::string label);

// A value as a reason shows it: at most 64 bytes, cut at a whole character.
std::string shown(std::string_view utf8);

// For counting: "bad numeric", "bad timestamp with time zone".
std::string bad_value_label(const Type& type);

// Appends a BadRecord and says false if the record is longer than `bytes_max`.
bool has_allowed_size(const RawRecord& record, size_t bytes_max, std::vector<BadRecord>& bad);

inline constexpr std::string_view kNotUtf8Label = "not UTF-8";

}  // namespace weir
