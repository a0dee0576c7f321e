#include "runtime/exchange/frame_codec.h"

#include "engine/base/crc32c.h"
#include "engine/data/batch_codec.h"

#include <fmt/format.h>

#include <cstring>
#include <limits>
#include <utility>

namespace weir {
namespace {

constexpr uint32_t kMagic = 0x31465857;  // "WXF1"
constexpr size_t kHeaderBytes = 16;
constexpr size_t kBodyBytesAt = 4;
constexpr size_t kPackingAt = 9;
constexpr size_t kCrcAt = 12;
constexpr size_t kElementsHeaderBytes = 20;
constexpr size_t kCountAt = kHeaderBytes + 12;
constexpr size_t kRawBytesAt = kHeaderBytes + 16;
constexpr size_t kGrantBytes = 16;
static_assert(FrameWriter::kOverheadBytes == kHeaderBytes + kElementsHeaderBytes + 5);

enum class FrameKind : uint8_t { kHello = 1, kWelcome = 2, kCredits = 3, kElements = 4 };
enum class ElementKind : uint8_t {
  kBatch = 0,
  kWatermark = 1,
  kBarrier = 2,
  kIdle = 3,
  kEndOfStream = 4
};

uint32_t checksum(std::string_view frame) {
  return crc32c(frame.substr(kHeaderBytes), crc32c(frame.substr(0, kCrcAt)));
}

void put_header(ByteWriter& out, FrameKind kind) {
  out.put(kMagic);
  out.put(uint32_t{0});
  out.put(kind);
  out.put(Compression::kNone);
  out.put(uint16_t{0});
  out.put(uint32_t{0});
}

void put_key(ByteWriter& out, const ChannelKey& key) {
  out.put(key.edge);
  out.put(key.from);
  out.put(key.to);
}

template <typename T>
void patch(std::string& frame, size_t at, T value) {
  CHECK(at + sizeof value <= frame.size());
  std::memcpy(frame.data() + at, &value, sizeof value);
}

// Fills in what is known only at the end.
std::string seal(std::string frame) {
  CHECK(frame.size() <= std::numeric_limits<uint32_t>::max());
  patch(frame, kBodyBytesAt, static_cast<uint32_t>(frame.size() - kHeaderBytes));
  patch(frame, kCrcAt, checksum(frame));
  return frame;
}

Error broken(std::string what) { return corrupt("cannot read frame: " + std::move(what)); }

Result<ChannelKey> read_key(ByteReader& reader) {
  ChannelKey key;
  key.edge = TRY(reader.get<uint32_t>());
  key.from = TRY(reader.get<uint32_t>());
  key.to = TRY(reader.get<uint32_t>());
  return key;
}

Result<Frame> read_hello(ByteReader& reader) {
  Hello hello;
  hello.generation = Generation(TRY(reader.get<uint64_t>()));
  hello.credit_bytes = TRY(reader.get<uint64_t>());
  hello.outbound = TRY(reader.get<uint32_t>());
  hello.inbound = TRY(reader.get<uint32_t>());
  hello.job = TRY(reader.get_sized());
  hello.from = TRY(reader.get_sized());
  hello.to = TRY(reader.get_sized());
  return Frame(std::move(hello));
}

Result<Frame> read_credits(ByteReader& reader) {
  Credits credits;
  credits.grants.reserve(reader.left() / kGrantBytes);
  while (reader.left() != 0) {
    const ChannelKey key = TRY(read_key(reader));
    const uint32_t bytes = TRY(reader.get<uint32_t>());
    credits.grants.push_back({.key = key, .bytes = bytes});
  }
  return Frame(std::move(credits));
}

Result<Frame> read_packed(ByteReader& reader, Compression packing) {
  PackedElements packed;
  packed.packing = packing;
  packed.key = TRY(read_key(reader));
  packed.count = TRY(reader.get<uint32_t>());
  packed.raw_bytes = TRY(reader.get<uint32_t>());
  packed.payload = TRY(reader.get_bytes(reader.left()));
  return Frame(packed);
}

Result<Frame> read_body(ByteReader& reader, FrameKind kind, Compression packing) {
  switch (kind) {
    case FrameKind::kHello: return read_hello(reader);
    case FrameKind::kWelcome: return Frame(Welcome{.credit_bytes = TRY(reader.get<uint64_t>())});
    case FrameKind::kCredits: return read_credits(reader);
    case FrameKind::kElements: return read_packed(reader, packing);
  }
  return broken(fmt::format("unknown kind={}", static_cast<int>(kind)));
}

Result<ReceivedElement> read_batch_element(ByteReader& reader, const SchemaPtr& schema) {
  const size_t before = reader.left();
  const std::string_view bytes = TRY(reader.get_sized());
  ReceivedElement received{.element = TRY(read_batch(bytes, schema)), .credit = 0};
  received.credit = static_cast<uint32_t>(sizeof(ElementKind) + before - reader.left());
  return received;
}

Result<ReceivedElement> read_element(ByteReader& reader, const SchemaPtr& schema) {
  const ElementKind kind = TRY(reader.get<ElementKind>());
  switch (kind) {
    case ElementKind::kBatch: return read_batch_element(reader, schema);
    case ElementKind::kWatermark:
      return ReceivedElement{.element = Watermark{TRY(reader.get<int64_t>())}};
    case ElementKind::kBarrier:
      return ReceivedElement{.element = Barrier{Epoch(TRY(reader.get<uint64_t>()))}};
    case ElementKind::kIdle: return ReceivedElement{.element = Idle{}};
    case ElementKind::kEndOfStream: return ReceivedElement{.element = EndOfStream{}};
  }
  return broken(fmt::format("unknown element={}", static_cast<int>(kind)));
}

}  // namespace

std::string encode(const Hello& hello) {
  ByteWriter out;
  put_header(out, FrameKind::kHello);
  out.put(hello.generation.value());
  out.put(hello.credit_bytes);
  out.put(hello.outbound);
  out.put(hello.inbound);
  out.put_sized(hello.job);
  out.put_sized(hello.from);
  out.put_sized(hello.to);
  return seal(std::move(out).take());
}

std::string encode(const Welcome& welcome) {
  ByteWriter out;
  put_header(out, FrameKind::kWelcome);
  out.put(welcome.credit_bytes);
  return seal(std::move(out).take());
}

std::string encode(const Credits& credits) {
  ByteWriter out;
  put_header(out, FrameKind::kCredits);
  for (const Credits::Grant& grant : credits.grants) {
    put_key(out, grant.key);
    out.put(grant.bytes);
  }
  return seal(std::move(out).take());
}

Result<Frame> read_frame(std::string_view& message, size_t frame_bytes_max) {
  ByteReader header(message);
  const uint32_t magic = TRY(header.get<uint32_t>());
  if (magic != kMagic) return broken(fmt::format("it starts with {:#x}", magic));
  const uint32_t body_bytes = TRY(header.get<uint32_t>());
  const FrameKind kind = TRY(header.get<FrameKind>());
  const Compression packing = TRY(header.get<Compression>());
  const uint16_t zero = TRY(header.get<uint16_t>());
  const uint32_t crc = TRY(header.get<uint32_t>());
  if (kHeaderBytes + size_t{body_bytes} > frame_bytes_max) {
    return broken(fmt::format("it is larger than allowed: bytes={} frame_bytes_max={}",
                              kHeaderBytes + size_t{body_bytes}, frame_bytes_max));
  }
  const std::string_view body = TRY(header.get_bytes(body_bytes));
  const std::string_view frame = message.substr(0, kHeaderBytes + body.size());
  if (crc != checksum(frame)) return broken("its checksum is wrong");
  const bool is_packed = packing != Compression::kNone;
  if (zero != 0 || packing > Compression::kZstd || (is_packed && kind != FrameKind::kElements)) {
    return broken(fmt::format("unknown packing={} zero={}", static_cast<int>(packing), zero));
  }
  ByteReader reader(body);
  Frame read = TRY(read_body(reader, kind, packing));
  if (reader.left() != 0) return broken(fmt::format("{} bytes are left over", reader.left()));
  message.remove_prefix(frame.size());
  return read;
}

Result<std::vector<ReceivedElement>> read_elements(const PackedElements& packed,
                                                   const SchemaPtr& schema,
                                                   size_t frame_bytes_max) {
  if (packed.raw_bytes > frame_bytes_max) {
    return broken(fmt::format("it unpacks to more than allowed: bytes={} frame_bytes_max={}",
                              packed.raw_bytes, frame_bytes_max));
  }
  std::string unpacked;
  std::string_view raw = packed.payload;
  if (packed.packing != Compression::kNone) {
    unpacked = TRY(unpack(packed.payload, packed.raw_bytes, packed.packing));
    raw = unpacked;
  }
  if (raw.size() != packed.raw_bytes) {
    return broken(fmt::format("payload={} expected={}", raw.size(), packed.raw_bytes));
  }
  if (packed.count == 0 || packed.count > FrameWriter::kElementsMax) {
    return broken(fmt::format("it has {} elements", packed.count));
  }
  std::vector<ReceivedElement> elements;
  elements.reserve(packed.count);
  ByteReader reader(raw);
  for (uint32_t i = 0; i < packed.count; ++i) {
    elements.push_back(TRY(read_element(reader, schema)));
  }
  if (reader.left() != 0) return broken(fmt::format("{} bytes are left over", reader.left()));
  return elements;
}

void FrameWriter::count() {
  CHECK(count_ < kElementsMax);
  if (count_++ != 0) return;
  out_ = ByteWriter(pool_ == nullptr ? std::string() : pool_->take());
  put_header(out_, FrameKind::kElements);
  put_key(out_, key_);
  out_.put(uint32_t{0});
  out_.put(uint32_t{0});
}

uint32_t FrameWriter::add(const RecordBatch& batch) {
  count();
  const size_t before = out_.size();
  out_.reserve(sizeof(ElementKind) + sizeof(uint32_t) + appended_bytes_max(batch));
  out_.put(ElementKind::kBatch);
  const size_t size_at = out_.size();
  out_.put(uint32_t{0});
  append_batch(out_, batch);
  const size_t bytes = out_.size() - size_at - sizeof(uint32_t);
  CHECK(bytes <= std::numeric_limits<uint32_t>::max());
  out_.patch(size_at, static_cast<uint32_t>(bytes));
  return static_cast<uint32_t>(out_.size() - before);
}

void FrameWriter::add(const Watermark& watermark) {
  count();
  out_.put(ElementKind::kWatermark);
  out_.put(watermark.time);
}

void FrameWriter::add(const Barrier& barrier) {
  count();
  out_.put(ElementKind::kBarrier);
  out_.put(barrier.epoch.value());
}

void FrameWriter::add(const Idle& /*idle*/) {
  count();
  out_.put(ElementKind::kIdle);
}

void FrameWriter::add(const EndOfStream& /*end*/) {
  count();
  out_.put(ElementKind::kEndOfStream);
}

std::string FrameWriter::take(Compression compression) {
  CHECK(count_ != 0);
  std::string frame = std::move(out_).take();
  const size_t payload_at = kHeaderBytes + kElementsHeaderBytes;
  patch(frame, kCountAt, count_);
  patch(frame, kRawBytesAt, static_cast<uint32_t>(frame.size() - payload_at));
  if (compression != Compression::kNone) {
    std::string packed = frame.substr(0, payload_at);
    const std::string_view payload = std::string_view(frame).substr(payload_at);
    patch(packed, kPackingAt, append_packed(packed, payload, compression));
    std::swap(frame, packed);
    if (pool_ != nullptr) pool_->give(std::move(packed));
  }
  out_ = ByteWriter();
  count_ = 0;
  return seal(std::move(frame));
}

}  // namespace weir
