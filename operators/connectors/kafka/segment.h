// The output of one slot in one epoch: finished Kafka messages, with all that decides what a reader
// will see (partition, key, value, order) fixed when the rows were written, and the places where
// delivery cuts it into transactions. Delivering it again, by a later release too, gives the same.
//
//   segment:  message...  chunk...  footer
//   message:  partition(4)  key bytes(4; all ones: no key)  value bytes(4; likewise)  key  value
//   chunk:    bytes of its messages(8)  messages(8)
//   footer:   number of chunks(4)  format(4, 1)  CRC-32C of all that stands before it(4)
//
// All numbers are little-endian. Owned and used by one thread at a time.
#pragma once

#include "engine/base/bytes.h"
#include "engine/base/status.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir::kafka {

struct Message {
  int32_t partition = 0;
  std::optional<std::string_view> key;
  std::string_view value;  // Without data: none at all, which is how a key is deleted.

  bool operator==(const Message&) const = default;
};

// What one transaction takes at most, unless a single message is larger: it is to be over long
// before the transaction's time-out on a slow line.
struct ChunkBounds {
  uint64_t bytes = 16 << 20;
  uint64_t messages = 100'000;
};

class SegmentWriter {
 public:
  explicit SegmentWriter(ChunkBounds bounds = {}) : bounds_(bounds) {}

  // Copies the message. REQUIRES: key and value are under 2 GiB.
  void add(const Message& message);

  uint64_t bytes() const { return body_.size(); }
  uint64_t messages() const { return messages_; }

  // The finished segment, and begins the next one. No messages: no bytes.
  std::string finish();

 private:
  struct Chunk {
    uint64_t bytes = 0;
    uint64_t messages = 0;
  };

  const ChunkBounds bounds_;
  std::string body_;
  std::vector<Chunk> chunks_;
  uint64_t messages_ = 0;
  size_t last_bytes_ = 0;  // Of the segment before.
};

class SegmentReader {
 public:
  // Checks length and checksum: kCorrupt error where the bytes are not what finish() gave. The
  // bytes must outlive the reader. REQUIRES: not empty.
  static Result<SegmentReader> open(std::string_view segment);

  uint32_t chunks() const { return static_cast<uint32_t>(chunks_.size()); }

  // The messages of a chunk, in the order of writing; they point into the segment.
  Result<std::vector<Message>> messages(uint32_t chunk) const;

 private:
  struct Chunk {
    std::string_view bytes;
    uint64_t messages;
  };

  std::vector<Chunk> chunks_;
};

}  // namespace weir::kafka
