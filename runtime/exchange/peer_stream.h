// What one life of a job has with one other worker: the channels between the two, and the one
// stream that carries them.
//
//   state    event                          then
//   closed   attach() of who dials          hello is sent            -> greeting
//   closed   attach() of who was dialled    welcome is sent          -> open
//   greeting welcome                                                 -> open
//   open     elements, credits              decoded, granted
//   open     something to send              frames that are due go out, one message at a time
//   open     the stream breaks when all     what is here is still delivered
//            channels have ended                                     -> finished
//   any      it breaks otherwise, garbage, or the other side does not come in time  -> over
//
// Belongs to a life (exchange_loop.h) and to the thread of the exchange.
#pragma once

#include "runtime/exchange/exchange.h"
#include "runtime/exchange/inbound_channel.h"
#include "runtime/exchange/outbound_channel.h"
#include "runtime/exchange/wake_list.h"
#include "runtime/exchange/wire.h"

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

// Microseconds of a clock that only goes on.
int64_t steady_now_us();

class PeerStream final : public Wire::Owner {
 public:
  struct Parties {
    std::string job;
    Generation generation;
    std::string self;
    std::string peer;
  };

  // `failed` is called once at most, and must not destroy the stream.
  PeerStream(Parties parties, const ExchangeOptions& options, std::shared_ptr<WakeList> wakes,
             std::shared_ptr<BufferPool> pool, std::function<void(Error)> failed);
  PeerStream(const PeerStream&) = delete;
  PeerStream& operator=(const PeerStream&) = delete;
  ~PeerStream() override { close(nullptr); }

  // Before anything else, by any thread: they set the hooks of the Channel.
  void add(const OutboundEnd& end);
  void add(const InboundEnd& end);

  const std::string& peer() const { return parties_.peer; }
  bool dials() const { return parties_.self < parties_.peer; }
  bool is_attached() const { return wire_ != nullptr; }

  // Of who dials: greets over `wire` once it stands.
  void attach(Wire* wire);
  // Of who was dialled. An error if the two do not agree about the channels between them.
  Status attach(Wire* wire, const Hello& hello);

  // Ends it here: no Channel is touched any more and nothing is called.
  void close(const Error* error);

  // When pass_time() has something to do; absent: never.
  std::optional<int64_t> next_us() const;
  void pass_time(int64_t now_us);

  void received(std::string_view message) override;
  void writable() override;
  void broken(Error error) override;

 private:
  enum class State { kClosed, kGreeting, kOpen, kFinished, kOver };

  struct Outbound {
    OutboundChannel channel;
    std::shared_ptr<WakeNode> node;
    bool is_queued = false;  // In due_.
  };
  struct Inbound {
    InboundChannel channel;
    std::shared_ptr<WakeNode> node;
    std::shared_ptr<std::atomic<bool>> waits_for_room;
  };
  struct Flush {
    int64_t at_us;
    Outbound* outbound;
  };

  Hello hello() const;
  void open(uint64_t credit_bytes);
  void fail(Error error);
  std::string named(std::string_view what) const;
  bool is_finished() const;

  Status read(Frame frame);
  Status read(const PackedElements& packed);
  Status read(const Credits& credits);

  void refill(Outbound& outbound);
  void deliver(Inbound& inbound);
  void send();
  // Frames of elements that are due, up to about frame_bytes. Gives their bytes.
  size_t gather(std::vector<std::string>& frames);

  // Constant after construction.
  const Parties parties_;
  const ExchangeOptions& options_;
  const std::shared_ptr<WakeList> wakes_;
  const std::shared_ptr<BufferPool> pool_;
  const std::function<void(Error)> failed_;
  const int64_t open_until_us_;

  State state_ = State::kClosed;
  Wire* wire_ = nullptr;
  bool is_writing_elements_ = false;
  std::map<ChannelKey, Outbound> outbound_;
  std::map<ChannelKey, Inbound> inbound_;
  std::deque<Outbound*> due_;  // Whose frames go out next, in turn.
  std::deque<Flush> flushes_;  // In the order of their times.
  std::vector<Credits::Grant> owed_;
};

}  // namespace weir
