#include "operators/connectors/formats/bad_record.h"

#include <fmt/format.h>

#include <utility>

namespace weir {

BadRecord bad_record(const RawRecord& record, size_t raw_max, std::string reason,
                     std::string label) {
  return {.raw = std::string(record.payload.substr(0, raw_max)),
          .position = record.position,
          .stage = "decode",
          .reason = std::move(reason),
          .label = std::move(label)};
}

std::string shown(std::string_view utf8) {
  constexpr size_t kShownMax = 64;
  if (utf8.size() <= kShownMax) return std::string(utf8);
  size_t size = kShownMax;
  while (size > 0 && (static_cast<unsigned char>(utf8[size]) & 0xc0) == 0x80) --size;
  return std::string(utf8.substr(0, size)) + "...";
}

std::string bad_value_label(const Type& type) {
  if (type.kind() == TypeKind::kNumeric) return "bad numeric";
  if (type.kind() == TypeKind::kComposite) return "bad composite";
  return "bad " + to_text(type);
}

bool has_allowed_size(const RawRecord& record, size_t bytes_max, std::vector<BadRecord>& bad) {
  if (record.payload.size() <= bytes_max) [[likely]]
    return true;
  bad.push_back(bad_record(
      record, bytes_max, fmt::format("the record is longer than max_record_bytes = {}", bytes_max),
      "too long"));
  return false;
}

}  // namespace weir
