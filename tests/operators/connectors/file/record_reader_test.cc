// Goal: every record comes whole, with its offset, from buffers of any fill. Method: files around
// the size of the buffer.
#include "operators/connectors/file/record_reader.h"

#include "tests/operators/connectors/file/folder.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

using testing::Folder;

RecordReader reader_of(const std::string& path, size_t record_max = 1 << 20, bool quotes = false) {
  return RecordReader(*open_byte_stream(path), quotes, record_max);
}

TEST_CASE("GivesRecordsWithTheirOffsets") {
  const Folder folder;
  RecordReader reader = reader_of(folder.put("a", "one\r\n\ntwo\nlast"));
  std::vector<std::pair<std::string, uint64_t>> records;
  while (const auto record = *reader.next()) records.emplace_back(record->payload, record->offset);
  CHECK(records == std::vector<std::pair<std::string, uint64_t>>{{"one", 0}, {"", 5}, {"two", 6}});
  CHECK(reader.offset() == 10);
  const auto last = *reader.last();
  REQUIRE(last);
  CHECK(last->payload == "last");
  CHECK(last->offset == 10);
  CHECK(reader.offset() == 14);
  CHECK_FALSE((*reader.last()).has_value());
}

TEST_CASE("GivesRecordsThatCrossTheBuffersEnd") {
  const Folder folder;
  std::string text;
  for (int i = 0; i < 3'000; ++i)
    text += std::string(static_cast<size_t>(i % 700), 'x') + std::to_string(i) + "\n";
  RecordReader reader = reader_of(folder.put("a", text));
  uint64_t offset = 0;
  for (int i = 0; i < 3'000; ++i) {
    const auto record = *reader.next();
    REQUIRE(record);
    CHECK(record->offset == offset);
    CHECK(record->payload == std::string(static_cast<size_t>(i % 700), 'x') + std::to_string(i));
    offset += record->payload.size() + 1;
  }
  CHECK_FALSE((*reader.next()).has_value());
}

TEST_CASE("GrowsForRecordsLongerThanTheBuffer") {
  const Folder folder;
  const std::string big(900'000, 'b');
  RecordReader reader = reader_of(folder.put("a", "a\n" + big + "\nc\n"));
  CHECK((*reader.next())->payload == "a");
  CHECK((*reader.next())->payload == big);
  CHECK((*reader.next())->payload == "c");
}

TEST_CASE("KeepsOnlyAByteMoreThanAllowedOfARecord") {
  const Folder folder;
  const std::string big(2'000'000, 'b');
  RecordReader reader = reader_of(folder.put("a", big + "\nc\n" + big), 1'000);
  const auto record = *reader.next();
  CHECK(record->payload.size() >= 1'001);
  CHECK(record->payload.size() < 300'000);
  CHECK(reader.offset() == big.size() + 1);
  CHECK((*reader.next())->payload == "c");
  CHECK_FALSE((*reader.next()).has_value());
  CHECK((*reader.last())->offset == big.size() + 3);
  CHECK(reader.offset() == 2 * big.size() + 3);
}

TEST_CASE("SkipsForwardToARecord") {
  const Folder folder;
  const std::string path = folder.put("a", "one\ntwo\nthree\n");
  RecordReader near = reader_of(path);
  CHECK((*near.next())->payload == "one");
  REQUIRE(near.skip_to(8).ok());
  CHECK((*near.next())->payload == "three");
  RecordReader far = reader_of(path);
  REQUIRE(far.skip_to(4).ok());
  CHECK((*far.next())->offset == 4);
  CHECK_FALSE(reader_of(path).skip_to(100).ok());
}

TEST_CASE("GoesOnWhenTheFileHasGrown") {
  const Folder folder;
  RecordReader reader = reader_of(folder.put("a", "one\ntw"), 1'000, true);
  CHECK((*reader.next())->payload == "one");
  CHECK_FALSE((*reader.next()).has_value());
  reader.release_buffer();  // Keeps what is not read yet.
  folder.add("a", "o,\"x\n");
  CHECK_FALSE((*reader.next()).has_value());
  folder.add("a", "y\"\n");
  CHECK((*reader.next())->payload == "two,\"x\ny\"");
  reader.release_buffer();
  folder.add("a", "four\n");
  CHECK((*reader.next())->payload == "four");
}

}  // namespace
}  // namespace weir
