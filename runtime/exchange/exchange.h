// Carries elements between tasks of different workers over gRPC.
//
// A worker process has one Exchange. A channel between tasks of two workers is two Channels
// (runtime/task/channel.h). At the sender's worker the task is the producer and the exchange the
// consumer; at the receiver's worker the exchange is the producer and the task the consumer. Tasks
// know nothing of it. Channels within one process never come here.
//
// Between two workers there is one bidirectional stream for each job, which carries all their
// channels; the worker whose address sorts lower dials. Each channel has credit of its own, in
// bytes, which its receiver grants: a task that does not read stops the tasks that feed it, by
// their full Channels, and nothing else. Order is kept within a channel, not between channels. The
// bytes are described in frame_codec.h, the rules in docs/exchange.md.
//
// Threads: one thread of the Exchange's own does all of its work. The functions here may be called
// by any thread but that one, which is the thread that calls `failed` and the hooks of Channels.
#pragma once

#include "engine/base/ids.h"
#include "engine/base/status.h"
#include "engine/data/schema.h"
#include "runtime/exchange/channel_key.h"
#include "runtime/exchange/compression.h"
#include "runtime/task/channel.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace grpc {
class ChannelCredentials;
class ServerCredentials;
}  // namespace grpc

namespace weir {

struct ExchangeOptions {
  // The host by which others reach this process, where it is not the one that is listened on (which
  // may be 0.0.0.0).
  std::string public_host;
  // Absent: neither encrypted nor authenticated.
  std::shared_ptr<grpc::ServerCredentials> server_credentials;
  std::shared_ptr<grpc::ChannelCredentials> channel_credentials;
  // Presented to peers and required of them. Empty: none.
  std::string token;

  Compression compression = Compression::kNone;  // Of what is sent; any is understood.
  size_t frame_bytes = 128 << 10;                // A frame of this size is sent at once.
  size_t frame_bytes_max = 16 << 20;             // No frame is larger. The same on all workers.
  size_t credit_bytes = 1 << 20;  // That a channel may have on its way, give or take one batch.
  uint32_t flush_ms = 1;          // An element waits this long at most for its frame to fill.
  // How long the streams of a life wait for the other side to open the same life.
  uint32_t open_ms = 30'000;
};

// A channel whose sender is here. The exchange pops, and sets on_data.
struct OutboundEnd {
  ChannelKey key;
  std::shared_ptr<Channel> channel;
  SchemaPtr schema;
  std::string peer;  // Exchange::address() of the receiver's worker.
};

// A channel whose receiver is here. The exchange pushes, and sets on_room.
struct InboundEnd {
  ChannelKey key;
  std::shared_ptr<Channel> channel;
  SchemaPtr schema;
  std::string peer;  // Exchange::address() of the sender's worker.
};

// What is opened by one life of a job.
struct ExchangeLife {
  std::string job;
  Generation generation;
  std::vector<OutboundEnd> outbound;
  std::vector<InboundEnd> inbound;
  // Called once at most, by the thread of the exchange, when the life cannot go on:
  //   kUnavailable  a stream broke, or the peer did not open this life in time;
  //   kFenced       this generation, here or at a peer, was refused by a newer one;
  //   kCorrupt      a peer sent what cannot be understood: nothing of it was passed on;
  //   kUser         a row is too large for a frame.
  // Never called for a stream over which every channel has come to its EndOfStream. Must not
  // destroy the JobExchange, nor wait for who does. After it nothing moves on any channel of this
  // life.
  std::function<void(Error)> failed;
};

class ExchangeLoop;

// The open ends of one life. Destroying it closes its streams and drops what is on its way; when
// the destructor has returned, `failed` is not called and no Channel is touched any more.
class JobExchange {
 public:
  JobExchange(std::shared_ptr<ExchangeLoop> loop, uint64_t life);
  JobExchange(const JobExchange&) = delete;
  JobExchange& operator=(const JobExchange&) = delete;
  ~JobExchange();

 private:
  const std::shared_ptr<ExchangeLoop> loop_;
  const uint64_t life_;
};

class Exchange {
 public:
  // Listens on "host:port"; port 0 picks one. kUser error if it cannot.
  static Result<std::unique_ptr<Exchange>> listen(const std::string& address,
                                                  const ExchangeOptions& options);
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;
  // Breaks all streams. A JobExchange may outlive it; nothing moves there any more.
  ~Exchange();

  // What peers are to be told: "host:port".
  const std::string& address() const;

  // Opens the ends of one life, and refuses older ones of the job from then on. To be called before
  // the tasks run: it sets hooks. Returns at once; what the tasks push waits until the streams
  // stand. REQUIRES: no peer is this process; no two lives of one job and generation at a time.
  std::unique_ptr<JobExchange> open(ExchangeLife life);

  // From its return on, streams of lives of this job below `generation` are refused, and those that
  // stand are broken with kFenced.
  void refuse_below(const std::string& job, Generation generation);

 private:
  explicit Exchange(std::shared_ptr<ExchangeLoop> loop);

  const std::shared_ptr<ExchangeLoop> loop_;
};

}  // namespace weir
