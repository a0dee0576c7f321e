// What is said between two workers: frames, encoded once, decoded without trust.
//
// The format, version 1; all numbers are little-endian and nothing is padded:
//
//   message  = frame+                                    one gRPC message
//   frame    = magic:"WXF1" body_bytes:u32 kind:u8 packing:u8 zero:u16 crc:u32 body
//   body     = hello | welcome | credits | elements      by kind: 1, 2, 3, 4
//
//   hello    = generation:u64 credit:u64 outbound:u32 inbound:u32 job:text from:text to:text
//   welcome  = credit:u64
//   credits  = (channel bytes:u32)+
//   elements = channel count:u32 raw_bytes:u32 payload   payload packed by lz4 (1), zstd (2) or
//                                                        not at all (0)
//   payload  = element{count}                            raw_bytes, once unpacked
//   element  = 0:u8 bytes:u32 batch                      append_batch (engine/data/batch_codec.h)
//            | 1:u8 time:i64                             Watermark
//            | 2:u8 epoch:u64                            Barrier
//            | 3:u8                                      Idle
//            | 4:u8                                      EndOfStream
//   channel  = edge:u32 from:u32 to:u32
//   text     = bytes:u32 byte*
//
// crc is the CRC-32C of the frame without the crc itself. packing is 0 unless the kind is elements.
// The schema of a channel is known to both sides; the batch holds a fingerprint of it.
//
// Pure functions and values; used by the thread of the exchange.
#pragma once

#include "engine/base/bytes.h"
#include "engine/base/status.h"
#include "engine/time/element.h"
#include "runtime/exchange/buffer_pool.h"
#include "runtime/exchange/channel_key.h"
#include "runtime/exchange/compression.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace weir {

// The first frame of a stream, from the side that dials.
struct Hello {
  std::string job;
  Generation generation;
  std::string from;           // Address of the sender
  std::string to;             // and of whom it means to speak to.
  uint64_t credit_bytes = 0;  // That the sender grants to each channel that it receives.
  uint32_t outbound = 0;      // Channels that the sender sends on
  uint32_t inbound = 0;       // and receives on.

  bool operator==(const Hello&) const = default;
};

// The first frame of the other side: this life stands here too.
struct Welcome {
  uint64_t credit_bytes = 0;

  bool operator==(const Welcome&) const = default;
};

// The receiver of these channels takes so many more bytes.
struct Credits {
  struct Grant {
    ChannelKey key;
    uint32_t bytes = 0;

    bool operator==(const Grant&) const = default;
  };
  std::vector<Grant> grants;

  bool operator==(const Credits&) const = default;
};

// Elements of one channel, still encoded.
struct PackedElements {
  ChannelKey key;
  uint32_t count = 0;
  uint32_t raw_bytes = 0;
  Compression packing = Compression::kNone;
  std::string_view payload;  // Points into what was read.
};

using Frame = std::variant<Hello, Welcome, Credits, PackedElements>;

std::string encode(const Hello& hello);
std::string encode(const Welcome& welcome);
std::string encode(const Credits& credits);

// Takes the first frame off `message`. kCorrupt for anything that is not one, and for one of more
// than `frame_bytes_max`.
Result<Frame> read_frame(std::string_view& message, size_t frame_bytes_max);

struct ReceivedElement {
  Element element;
  uint32_t credit = 0;  // What it costs: its bytes if it is a batch, nothing otherwise.
};

// kCorrupt for anything that a FrameWriter cannot have written under this schema, and for what
// unpacks to more than `frame_bytes_max`.
Result<std::vector<ReceivedElement>> read_elements(const PackedElements& packed,
                                                   const SchemaPtr& schema, size_t frame_bytes_max);

// Collects elements of one channel into a frame. Rows are encoded when they are added, straight
// into what is sent.
class FrameWriter {
 public:
  // What a frame holds besides the batch that is its only element.
  static constexpr size_t kOverheadBytes = 16 + 20 + 5;
  // No frame holds more elements: marks are small on the wire and large in memory.
  static constexpr uint32_t kElementsMax = 1 << 14;

  // Frames are made in memory of the pool, if there is one.
  explicit FrameWriter(ChannelKey key, std::shared_ptr<BufferPool> pool = nullptr)
      : key_(key), pool_(std::move(pool)) {}

  // Gives what it costs in credit. REQUIRES, of all: elements() < kElementsMax.
  uint32_t add(const RecordBatch& batch);
  void add(const Watermark& watermark);
  void add(const Barrier& barrier);
  void add(const Idle& idle);
  void add(const EndOfStream& end);

  bool is_empty() const { return count_ == 0; }
  uint32_t elements() const { return count_; }
  size_t bytes() const { return out_.size(); }  // Of the frame so far; 0 if it is empty.

  // The frame; the writer then begins the next. REQUIRES: not empty.
  std::string take(Compression compression);

 private:
  // An element is about to be added.
  void count();

  const ChannelKey key_;
  const std::shared_ptr<BufferPool> pool_;
  ByteWriter out_;
  uint32_t count_ = 0;
};

}  // namespace weir
