// Any bytes, with and without the checksum that belongs to them, give frames or an error, and what
// a channel receives with any such frame gives elements or an error.
#include "engine/base/crc32c.h"
#include "runtime/exchange/frame_codec.h"

#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

namespace {

constexpr size_t kFrameBytesMax = 1 << 20;
constexpr size_t kHeaderBytes = 16;
constexpr size_t kCrcAt = 12;

weir::SchemaPtr schema() {
  weir::Schema made;
  made.fields.push_back({.name = "n", .type = weir::TypeKind::kBigint});
  made.fields.push_back({.name = "t", .type = weir::TypeKind::kText});
  made.fields.push_back({.name = "b", .type = weir::TypeKind::kBoolean});
  return std::make_shared<const weir::Schema>(std::move(made));
}

void read(std::string_view message) {
  static const weir::SchemaPtr known = schema();
  while (!message.empty()) {
    const size_t before = message.size();
    const weir::Result<weir::Frame> frame = weir::read_frame(message, kFrameBytesMax);
    if (!frame.ok()) return;
    CHECK(message.size() < before);
    const auto* packed = std::get_if<weir::PackedElements>(&*frame);
    if (packed == nullptr) continue;
    const auto elements = weir::read_elements(*packed, known, kFrameBytesMax);
    if (!elements.ok()) continue;
    // What can be read can be sent on.
    weir::FrameWriter writer(packed->key);
    for (const weir::ReceivedElement& received : *elements) {
      if (writer.elements() == weir::FrameWriter::kElementsMax) break;
      std::visit([&](const auto& element) { writer.add(element); }, received.element);
    }
    CHECK(!writer.take(weir::Compression::kLz4).empty());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string bytes(reinterpret_cast<const char*>(data), size);
  read(bytes);
  if (bytes.size() < kHeaderBytes) return 0;
  const uint32_t body_bytes = static_cast<uint32_t>(bytes.size() - kHeaderBytes);
  std::memcpy(bytes.data() + 4, &body_bytes, sizeof body_bytes);
  const std::string_view whole = bytes;
  const uint32_t crc =
      weir::crc32c(whole.substr(kHeaderBytes), weir::crc32c(whole.substr(0, kCrcAt)));
  std::memcpy(bytes.data() + kCrcAt, &crc, sizeof crc);
  read(bytes);
  return 0;
}
