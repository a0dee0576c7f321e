#include "operators/connectors/kafka/segment.h"

#include "engine/base/crc32c.h"

#include <fmt/format.h>

#include <utility>

namespace weir::kafka {

namespace {

constexpr uint32_t kFormat = 1;
constexpr uint32_t kNoKey = UINT32_MAX;
constexpr size_t kChunkBytes = 16;
constexpr size_t kFooterBytes = 12;

template <typename T>
void put(std::string& out, T value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

Error damaged(std::string_view what, size_t bytes) {
  return corrupt(fmt::format("segment of kafka output is damaged: {} bytes={}", what, bytes));
}

Result<Message> read_message(ByteReader& in) {
  Message message;
  message.partition = TRY(in.get<int32_t>());
  const uint32_t key_bytes = TRY(in.get<uint32_t>());
  const uint32_t value_bytes = TRY(in.get<uint32_t>());
  if (key_bytes != kNoKey) message.key = TRY(in.get_bytes(key_bytes));
  if (value_bytes != kNoKey) message.value = TRY(in.get_bytes(value_bytes));
  return message;
}

}  // namespace

void SegmentWriter::add(const Message& message) {
  CHECK(message.value.size() <= INT32_MAX);
  CHECK(!message.key.has_value() || message.key->size() <= INT32_MAX);
  const size_t before = body_.size();
  // Growing copies all there is, and has it twice meanwhile. What is not written to takes no
  // memory.
  if (before == 0) body_.reserve(last_bytes_ + last_bytes_ / 4);
  put(body_, message.partition);
  put(body_, message.key.has_value() ? static_cast<uint32_t>(message.key->size()) : kNoKey);
  put(body_,
      message.value.data() != nullptr ? static_cast<uint32_t>(message.value.size()) : kNoKey);
  if (message.key.has_value()) body_.append(*message.key);
  body_.append(message.value);
  const uint64_t added = body_.size() - before;
  if (chunks_.empty() || chunks_.back().messages == bounds_.messages ||
      chunks_.back().bytes + added > bounds_.bytes) {
    chunks_.emplace_back();
  }
  chunks_.back().bytes += added;
  ++chunks_.back().messages;
  ++messages_;
}

std::string SegmentWriter::finish() {
  std::string segment = std::exchange(body_, {});
  last_bytes_ = segment.size();
  if (std::exchange(messages_, 0) == 0) return segment;
  for (const Chunk& chunk : chunks_) {
    put(segment, chunk.bytes);
    put(segment, chunk.messages);
  }
  put(segment, static_cast<uint32_t>(chunks_.size()));
  put(segment, kFormat);
  put(segment, crc32c(segment));
  chunks_.clear();
  return segment;
}

Result<SegmentReader> SegmentReader::open(std::string_view segment) {
  CHECK(!segment.empty());
  if (segment.size() < kFooterBytes) return damaged("too short for its footer", segment.size());
  ByteReader footer(segment.substr(segment.size() - kFooterBytes));
  const uint32_t count = TRY(footer.get<uint32_t>());
  const uint32_t format = TRY(footer.get<uint32_t>());
  const uint32_t checksum = TRY(footer.get<uint32_t>());
  if (crc32c(segment.substr(0, segment.size() - sizeof checksum)) != checksum) {
    return damaged("its checksum does not fit", segment.size());
  }
  if (format != kFormat) {
    return corrupt(
        fmt::format("segment of kafka output has format {}, this release reads {}: go "
                    "on with the release that wrote it",
                    format, kFormat));
  }
  const uint64_t table_bytes = uint64_t{count} * kChunkBytes;
  if (table_bytes + kFooterBytes > segment.size()) {
    return damaged("its table of chunks is cut", segment.size());
  }
  std::string_view body = segment.substr(0, segment.size() - kFooterBytes - table_bytes);
  ByteReader table(segment.substr(body.size(), table_bytes));
  SegmentReader reader;
  for (uint32_t i = 0; i < count; ++i) {
    const uint64_t bytes = TRY(table.get<uint64_t>());
    const uint64_t messages = TRY(table.get<uint64_t>());
    if (bytes > body.size()) return damaged("a chunk is cut", segment.size());
    reader.chunks_.push_back({body.substr(0, bytes), messages});
    body.remove_prefix(bytes);
  }
  if (!body.empty()) return damaged("messages stand outside of its chunks", segment.size());
  return reader;
}

Result<std::vector<Message>> SegmentReader::messages(uint32_t chunk) const {
  CHECK(chunk < chunks_.size());
  std::vector<Message> messages;
  ByteReader in(chunks_[chunk].bytes);
  while (in.left() != 0) messages.push_back(TRY(read_message(in)));
  if (messages.size() != chunks_[chunk].messages) {
    return damaged("a chunk has another number of messages", chunks_[chunk].bytes.size());
  }
  return messages;
}

}  // namespace weir::kafka
