// Goal: what delivery reads is what was written, cut at the same places, or an error. Method: round
// trips, and every single-bit damage and truncation of a small segment.
#include "operators/connectors/kafka/segment.h"

#include <catch2/catch.hpp>

namespace weir::kafka {

namespace {

std::vector<Message> three_messages() {
  return {{.partition = 0, .key = "k", .value = "first"},
          {.partition = 7, .key = std::nullopt, .value = "second"},
          {.partition = 2147483647, .key = "", .value = ""}};
}

std::string segment_of(const std::vector<Message>& messages, ChunkBounds bounds = {}) {
  SegmentWriter writer(bounds);
  for (const Message& message : messages) writer.add(message);
  CHECK(writer.messages() == messages.size());
  return writer.finish();
}

// The numbers of messages of the chunks.
std::vector<size_t> sizes_of(const std::string& segment) {
  const SegmentReader reader = SegmentReader::open(segment).value();
  std::vector<size_t> sizes;
  for (uint32_t i = 0; i < reader.chunks(); ++i) sizes.push_back(reader.messages(i)->size());
  return sizes;
}

}  // namespace

TEST_CASE("AMessageComesBackAsItWas") {
  const std::string segment = segment_of(three_messages());
  const SegmentReader reader = SegmentReader::open(segment).value();
  REQUIRE(reader.chunks() == 1);
  CHECK(reader.messages(0).value() == three_messages());
}

TEST_CASE("NoMessagesAreNoBytes") { CHECK(segment_of({}).empty()); }

TEST_CASE("TheNextSegmentBeginsEmpty") {
  SegmentWriter writer;
  writer.add({.partition = 1, .key = std::nullopt, .value = "a"});
  CHECK(writer.finish() == segment_of({{.partition = 1, .key = std::nullopt, .value = "a"}}));
  CHECK(writer.bytes() == 0);
  CHECK(writer.finish().empty());
}

TEST_CASE("ChunksAreCutByMessagesAndByBytes") {
  const std::vector<Message> messages(7,
                                      {.partition = 0, .key = std::nullopt, .value = "12345678"});
  CHECK(sizes_of(segment_of(messages, {.bytes = 1000, .messages = 3})) ==
        std::vector<size_t>{3, 3, 1});
  // A message takes 12 bytes more than its key and value.
  CHECK(sizes_of(segment_of(messages, {.bytes = 40, .messages = 100})) ==
        std::vector<size_t>{2, 2, 2, 1});
  CHECK(sizes_of(segment_of(messages, {.bytes = 1, .messages = 100})) == std::vector<size_t>(7, 1));
}

TEST_CASE("EveryDamageIsNoticed") {
  const std::string whole = segment_of(three_messages(), {.bytes = 1000, .messages = 2});
  for (size_t byte = 0; byte < whole.size(); ++byte) {
    std::string damaged = whole;
    damaged[byte] = static_cast<char>(damaged[byte] ^ 4);
    const auto opened = SegmentReader::open(damaged);
    REQUIRE_FALSE(opened.ok());
    CHECK(opened.error().kind == ErrorKind::kCorrupt);
  }
  for (size_t size = 1; size < whole.size(); ++size) {
    CHECK_FALSE(SegmentReader::open(std::string_view(whole).substr(0, size)).ok());
  }
}

}  // namespace weir::kafka
