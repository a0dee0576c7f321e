// Goals: whatever is written reads back equal; whatever bytes there are give a frame or an error,
// never a crash. Method: random batches over a schema of every type between marks of every kind;
// damage at every byte, with the checksum left wrong and put right.
#include "runtime/exchange/frame_codec.h"

#include "engine/base/crc32c.h"
#include "tests/engine/data/random_batches.h"

#include <catch2/catch.hpp>

#include <cstring>

namespace weir {
namespace {

constexpr size_t kLimit = 1 << 20;
constexpr ChannelKey kKey{.edge = 3, .from = 1, .to = 2};

bool same_element(const Element& sent, const Element& received) {
  if (sent.index() != received.index()) return false;
  if (const auto* batch = std::get_if<RecordBatch>(&sent)) {
    return same_rows(*batch, std::get<RecordBatch>(received));
  }
  if (const auto* mark = std::get_if<Watermark>(&sent)) {
    return mark->time == std::get<Watermark>(received).time;
  }
  if (const auto* mark = std::get_if<Barrier>(&sent)) {
    return mark->epoch == std::get<Barrier>(received).epoch;
  }
  return true;
}

Element random_element(Random& dice, const SchemaPtr& schema) {
  switch (dice() % 5) {
    case 0: return Watermark{static_cast<int64_t>(dice())};
    case 1: return Barrier{Epoch(dice())};
    case 2: return Idle{};
    case 3: return EndOfStream{};
    default: return random_batch(dice, schema, static_cast<uint32_t>(dice() % 100));
  }
}

std::string frame_of(const std::vector<Element>& elements, Compression compression) {
  FrameWriter writer(kKey);
  for (const Element& element : elements) {
    std::visit([&](const auto& value) { writer.add(value); }, element);
  }
  return writer.take(compression);
}

Result<std::vector<ReceivedElement>> read_whole(std::string_view message, const SchemaPtr& schema) {
  const Frame frame = TRY(read_frame(message, kLimit));
  const auto* packed = std::get_if<PackedElements>(&frame);
  if (packed == nullptr) return std::vector<ReceivedElement>();
  return read_elements(*packed, schema, kLimit);
}

// The same frame with the checksum that belongs to it.
std::string with_checksum(std::string frame) {
  if (frame.size() < 16) return frame;
  const uint32_t crc =
      crc32c(std::string_view(frame).substr(16), crc32c(std::string_view(frame).substr(0, 12)));
  std::memcpy(frame.data() + 12, &crc, sizeof crc);
  return frame;
}

// Whether reading gives an error or something, from memory without spare room.
bool is_safe(const std::string& bytes, const SchemaPtr& schema) {
  const std::vector<char> exact(bytes.begin(), bytes.end());
  const auto read = read_whole({exact.data(), exact.size()}, schema);
  return read.ok() || read.error().kind == ErrorKind::kCorrupt;
}

std::string message_of(const std::string& frame) {
  std::string_view message = frame;
  const Result<Frame> read = read_frame(message, kLimit);
  return read.ok() ? "" : read.error().message;
}

TEST_CASE("ElementsOfEveryKindReadBackEqualInOrder") {
  const SchemaPtr schema = every_type();
  for (uint64_t seed = 0; seed < 300; ++seed) {
    Random dice(seed);
    INFO("replay with seed " << seed);
    std::vector<Element> elements;
    for (uint64_t i = dice() % 5 + 1; i > 0; --i) elements.push_back(random_element(dice, schema));
    const std::string frame = frame_of(elements, static_cast<Compression>(seed % 3));
    const Result<std::vector<ReceivedElement>> read = read_whole(frame, schema);
    REQUIRE(read.ok());
    REQUIRE(read->size() == elements.size());
    for (size_t i = 0; i < elements.size(); ++i) {
      REQUIRE(same_element(elements[i], read->at(i).element));
    }
  }
}

TEST_CASE("OnlyBatchesCostCreditAndBothSidesCountTheSame") {
  const SchemaPtr schema = every_type();
  Random dice(7);
  const RecordBatch batch = random_batch(dice, schema, 100);
  FrameWriter writer(kKey);
  writer.add(Watermark{1});
  const uint32_t cost = writer.add(batch);
  writer.add(Barrier{Epoch(1)});
  const auto read = read_whole(writer.take(Compression::kLz4), schema);
  REQUIRE(read.ok());
  REQUIRE(read->at(0).credit == 0);
  REQUIRE(read->at(1).credit == cost);
  REQUIRE(read->at(2).credit == 0);
}

TEST_CASE("AFrameHoldsItsOverheadAndItsBatch") {
  const SchemaPtr schema = every_type();
  Random dice(7);
  FrameWriter writer(kKey);
  const uint32_t cost = writer.add(random_batch(dice, schema, 10));
  REQUIRE(writer.bytes() == cost + FrameWriter::kOverheadBytes - 5);
  REQUIRE(writer.take(Compression::kNone).size() == cost + FrameWriter::kOverheadBytes - 5);
  REQUIRE(writer.is_empty());
}

TEST_CASE("CompressionMakesFramesShorter") {
  ColumnWriter column(TypeKind::kBigint, 1000);
  for (int64_t row = 0; row < 1000; ++row) column.append(row % 3);
  RecordBatch batch;
  batch.schema = schema_of({{.name = "c", .type = TypeKind::kBigint}});
  batch.rows = 1000;
  batch.columns = {std::move(column).finish()};
  const size_t raw = frame_of({batch}, Compression::kNone).size();
  REQUIRE(frame_of({batch}, Compression::kLz4).size() < raw / 10);
  REQUIRE(frame_of({batch}, Compression::kZstd).size() < raw / 10);
}

TEST_CASE("FramesOfTheStreamItselfReadBackEqual") {
  const Hello hello{.job = "payments",
                    .generation = Generation(7),
                    .from = "a:1",
                    .to = "b:2",
                    .credit_bytes = 1 << 20,
                    .outbound = 3,
                    .inbound = 4};
  const Welcome welcome{.credit_bytes = 99};
  const Credits credits{.grants = {{.key = kKey, .bytes = 5}, {.key = {}, .bytes = 6}}};
  const std::string bytes = encode(hello) + encode(welcome) + encode(credits);
  std::string_view message = bytes;
  REQUIRE(std::get<Hello>(read_frame(message, kLimit).value()) == hello);
  REQUIRE(std::get<Welcome>(read_frame(message, kLimit).value()) == welcome);
  REQUIRE(std::get<Credits>(read_frame(message, kLimit).value()) == credits);
  REQUIRE(message.empty());
}

TEST_CASE("DamageAtAnyByteIsNoticed") {
  const SchemaPtr schema = every_type();
  Random dice(11);
  const std::string frame =
      frame_of({random_batch(dice, schema, 40), Watermark{3}}, Compression::kNone);
  for (size_t at = 0; at < frame.size(); ++at) {
    std::string damaged = frame;
    damaged[at] = static_cast<char>(damaged[at] ^ (1 << (dice() % 8)));
    REQUIRE_FALSE(read_whole(damaged, schema).ok());
    REQUIRE(is_safe(damaged, schema));
    REQUIRE_FALSE(read_whole(std::string_view(frame).substr(0, at), schema).ok());
  }
}

TEST_CASE("DamageBehindARightChecksumIsSafe") {
  const SchemaPtr schema = every_type();
  for (uint64_t seed = 0; seed < 60; ++seed) {
    Random dice(seed);
    INFO("replay with seed " << seed);
    const std::string frame = frame_of(
        {random_batch(dice, schema, static_cast<uint32_t>(dice() % 70)), Barrier{Epoch(1)}},
        static_cast<Compression>(seed % 3));
    for (int i = 0; i < 200; ++i) {
      std::string damaged = frame;
      for (uint64_t flips = dice() % 3 + 1; flips > 0; --flips) {
        damaged[dice() % damaged.size()] = static_cast<char>(dice());
      }
      REQUIRE(is_safe(with_checksum(std::move(damaged)), schema));
      REQUIRE(is_safe(with_checksum(frame.substr(0, dice() % frame.size())), schema));
    }
  }
}

TEST_CASE("AFrameAboveTheLimitIsRefusedBeforeItIsThere") {
  std::string frame = encode(Welcome{});
  const uint32_t bytes = kLimit;
  std::memcpy(frame.data() + 4, &bytes, sizeof bytes);
  REQUIRE_THAT(message_of(frame), Catch::Contains("larger than allowed") &&
                                      Catch::Contains("frame_bytes_max=1048576"));
}

TEST_CASE("APayloadThatUnpacksBeyondTheLimitIsRefused") {
  const PackedElements packed{.key = kKey,
                              .count = 1,
                              .raw_bytes = kLimit + 1,
                              .packing = Compression::kZstd,
                              .payload = "x"};
  const auto read = read_elements(packed, every_type(), kLimit);
  REQUIRE_THAT(read.error().message, Catch::Contains("unpacks to more than allowed"));
}

TEST_CASE("WhatIsNotAFrameSaysWhy") {
  const std::string welcome = encode(Welcome{});
  REQUIRE_THAT(message_of("GET / HTTP/1.1\r\n"), Catch::Contains("it starts with"));
  REQUIRE_THAT(message_of(""), Catch::Contains("end early"));
  std::string other = welcome;
  other[8] = 9;
  REQUIRE_THAT(message_of(other), Catch::Contains("checksum"));
  REQUIRE_THAT(message_of(with_checksum(other)), Catch::Contains("unknown kind=9"));
  other = welcome;
  other[9] = 1;
  REQUIRE_THAT(message_of(with_checksum(other)), Catch::Contains("unknown packing=1"));
}

TEST_CASE("ABatchUnderAnotherSchemaIsRefused") {
  Random dice(5);
  const std::string frame = frame_of({random_batch(dice, every_type(), 5)}, Compression::kNone);
  const auto read = read_whole(frame, schema_of({{.name = "c", .type = TypeKind::kInt}}));
  REQUIRE_THAT(read.error().message, Catch::Contains("another schema"));
}

}  // namespace
}  // namespace weir
