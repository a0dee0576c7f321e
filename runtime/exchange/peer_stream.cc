#include "runtime/exchange/peer_stream.h"

#include <fmt/format.h>

#include <chrono>
#include <utility>

namespace weir {
namespace {

// Frames below this are joined: a slice of its own costs more than the copy.
constexpr size_t kJoinBytes = 4 << 10;

OutboundChannel::Limits outbound_limits(const ExchangeOptions& options) {
  return {.frame_bytes = options.frame_bytes,
          .frame_bytes_max = options.frame_bytes_max,
          .flush_us = int64_t{options.flush_ms} * 1000};
}

InboundChannel::Limits inbound_limits(const ExchangeOptions& options) {
  return {.credit_bytes = options.credit_bytes, .frame_bytes_max = options.frame_bytes_max};
}

}  // namespace

int64_t steady_now_us() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::microseconds>(now).count();
}

PeerStream::PeerStream(Parties parties, const ExchangeOptions& options,
                       std::shared_ptr<WakeList> wakes, std::shared_ptr<BufferPool> pool,
                       std::function<void(Error)> failed)
    : parties_(std::move(parties)),
      options_(options),
      wakes_(std::move(wakes)),
      pool_(std::move(pool)),
      failed_(std::move(failed)),
      open_until_us_(steady_now_us() + int64_t{options.open_ms} * 1000) {}

void PeerStream::add(const OutboundEnd& end) {
  const auto [found, is_new] = outbound_.try_emplace(
      end.key,
      Outbound{.channel = OutboundChannel(end.key, end.channel, outbound_limits(options_), pool_),
               .node = std::make_shared<WakeNode>(wakes_)});
  CHECK(is_new);
  Outbound& outbound = found->second;
  outbound.node->action = [this, &outbound] {
    refill(outbound);
    send();
  };
  end.channel->on_data([node = outbound.node] { node->wake(); });
}

void PeerStream::add(const InboundEnd& end) {
  const auto [found, is_new] = inbound_.try_emplace(
      end.key,
      Inbound{.channel = InboundChannel(end.key, end.channel, end.schema, inbound_limits(options_)),
              .node = std::make_shared<WakeNode>(wakes_),
              .waits_for_room = std::make_shared<std::atomic<bool>>(false)});
  CHECK(is_new);
  Inbound& inbound = found->second;
  inbound.node->action = [this, &inbound] {
    deliver(inbound);
    send();
  };
  end.channel->on_room([node = inbound.node, waits = inbound.waits_for_room] {
    if (waits->load() && waits->exchange(false)) node->wake();
  });
}

Hello PeerStream::hello() const {
  return {.job = parties_.job,
          .generation = parties_.generation,
          .from = parties_.self,
          .to = parties_.peer,
          .credit_bytes = options_.credit_bytes,
          .outbound = static_cast<uint32_t>(outbound_.size()),
          .inbound = static_cast<uint32_t>(inbound_.size())};
}

void PeerStream::attach(Wire* wire) {
  CHECK(state_ == State::kClosed);
  wire_ = wire;
  wire_->set_owner(this);
}

Status PeerStream::attach(Wire* wire, const Hello& hello) {
  if (state_ != State::kClosed) return unavailable(named("there is a stream already"));
  if (hello.outbound != inbound_.size() || hello.inbound != outbound_.size()) {
    const Error error = corrupt(fmt::format(
        "{}: there sends={} receives={}, here sends={} receives={}", named("the plans differ"),
        hello.outbound, hello.inbound, outbound_.size(), inbound_.size()));
    fail(error);
    return error;
  }
  wire_ = wire;
  wire_->set_owner(this);
  wire_->write({encode(Welcome{.credit_bytes = options_.credit_bytes})});
  open(hello.credit_bytes);
  return {};
}

void PeerStream::open(uint64_t credit_bytes) {
  state_ = State::kOpen;
  for (auto& [key, outbound] : outbound_) {
    outbound.channel.grant(credit_bytes);
    refill(outbound);
  }
  send();
}

void PeerStream::close(const Error* error) {
  state_ = State::kOver;
  for (auto& [key, outbound] : outbound_) outbound.node->action = nullptr;
  for (auto& [key, inbound] : inbound_) inbound.node->action = nullptr;
  if (wire_ != nullptr) std::exchange(wire_, nullptr)->close(error);
}

void PeerStream::fail(Error error) {
  if (state_ == State::kOver) return;
  close(&error);
  failed_(std::move(error));
}

std::string PeerStream::named(std::string_view what) const {
  return fmt::format("exchange with {}: {}: job={} generation={}", parties_.peer, what,
                     parties_.job, parties_.generation.value());
}

std::optional<int64_t> PeerStream::next_us() const {
  if (state_ == State::kOver) return std::nullopt;
  if (state_ != State::kOpen) return open_until_us_;
  if (flushes_.empty()) return std::nullopt;
  return flushes_.front().at_us;
}

void PeerStream::pass_time(int64_t now_us) {
  if (state_ == State::kClosed || state_ == State::kGreeting) {
    if (now_us < open_until_us_) return;
    return fail(unavailable(
        fmt::format("{} waited_ms={}", named("it did not open this life"), options_.open_ms)));
  }
  while (state_ == State::kOpen && !flushes_.empty() && flushes_.front().at_us <= now_us) {
    Outbound& outbound = *flushes_.front().outbound;
    flushes_.pop_front();
    refill(outbound);
  }
  send();
}

void PeerStream::received(std::string_view message) {
  if (message.empty()) return fail(corrupt(named("an empty message")));
  while (!message.empty() && state_ != State::kOver) {
    Result<Frame> frame = read_frame(message, options_.frame_bytes_max);
    Status status = frame.ok() ? read(std::move(frame).value()) : std::move(frame).error();
    if (!status.ok()) {
      const Error error = std::move(status).error();
      return fail({.kind = error.kind, .message = named(error.message)});
    }
  }
  send();
}

Status PeerStream::read(Frame frame) {
  if (const auto* packed = std::get_if<PackedElements>(&frame); packed != nullptr) {
    return state_ == State::kOpen ? read(*packed) : corrupt("elements before the welcome");
  }
  if (const auto* credits = std::get_if<Credits>(&frame); credits != nullptr) {
    return state_ == State::kOpen ? read(*credits) : corrupt("credits before the welcome");
  }
  const auto* welcome = std::get_if<Welcome>(&frame);
  if (welcome == nullptr || state_ != State::kGreeting) return corrupt("a greeting out of turn");
  open(welcome->credit_bytes);
  return {};
}

Status PeerStream::read(const PackedElements& packed) {
  const auto found = inbound_.find(packed.key);
  if (found == inbound_.end()) {
    return corrupt("elements of an unknown channel: " + to_text(packed.key));
  }
  Inbound& inbound = found->second;
  Status status = inbound.channel.receive(packed);
  if (!status.ok()) {
    Error error = std::move(status).error();
    error.message += ": " + to_text(packed.key);
    return error;
  }
  deliver(inbound);
  return {};
}

Status PeerStream::read(const Credits& credits) {
  for (const Credits::Grant& grant : credits.grants) {
    const auto found = outbound_.find(grant.key);
    if (found == outbound_.end()) {
      return corrupt("credit for an unknown channel: " + to_text(grant.key));
    }
    found->second.channel.grant(grant.bytes);
    refill(found->second);
  }
  return {};
}

void PeerStream::deliver(Inbound& inbound) {
  if (!inbound.channel.deliver()) {
    // Once more after it was said, so that no room goes unnoticed.
    inbound.waits_for_room->exchange(true);
    if (inbound.channel.deliver()) inbound.waits_for_room->store(false);
  }
  const uint32_t grant = inbound.channel.take_grant();
  if (grant != 0) owed_.push_back({.key = inbound.channel.key(), .bytes = grant});
}

void PeerStream::refill(Outbound& outbound) {
  if (state_ == State::kOver) return;
  const int64_t now_us = steady_now_us();
  const std::optional<int64_t> before = outbound.channel.due_at_us();
  if (Status status = outbound.channel.fill(now_us); !status.ok()) {
    return fail(std::move(status).error());
  }
  const std::optional<int64_t> due_at = outbound.channel.due_at_us();
  if (!due_at.has_value() || outbound.is_queued) return;
  if (*due_at <= now_us) {
    outbound.is_queued = true;
    due_.push_back(&outbound);
  } else if (due_at != before) {
    flushes_.push_back({.at_us = *due_at, .outbound = &outbound});
  }
}

void PeerStream::writable() {
  is_writing_elements_ = false;
  if (state_ == State::kClosed) {
    state_ = State::kGreeting;
    return wire_->write({encode(hello())});
  }
  send();
}

void PeerStream::send() {
  if (state_ != State::kOpen || !wire_->can_write()) return;
  std::vector<std::string> frames;
  if (!owed_.empty()) frames.push_back(encode(Credits{.grants = std::exchange(owed_, {})}));
  const bool has_elements = gather(frames) > 0;
  if (state_ != State::kOpen || frames.empty()) return;
  is_writing_elements_ = has_elements;
  wire_->write(std::move(frames));
}

size_t PeerStream::gather(std::vector<std::string>& frames) {
  size_t bytes = 0;
  while (bytes < options_.frame_bytes && !due_.empty() && state_ == State::kOpen) {
    Outbound& outbound = *due_.front();
    due_.pop_front();
    outbound.is_queued = false;
    std::string frame = outbound.channel.take_frame(options_.compression);
    bytes += frame.size();
    if (!frames.empty() && frames.back().size() + frame.size() < kJoinBytes) {
      frames.back() += frame;
    } else {
      frames.push_back(std::move(frame));
    }
    refill(outbound);
  }
  return bytes;
}

bool PeerStream::is_finished() const {
  if (state_ != State::kOpen || is_writing_elements_) return false;
  for (const auto& [key, outbound] : outbound_) {
    if (!outbound.channel.has_ended()) return false;
  }
  for (const auto& [key, inbound] : inbound_) {
    if (!inbound.channel.has_ended()) return false;
  }
  return true;
}

void PeerStream::broken(Error error) {
  const bool all_came = is_finished();
  wire_ = nullptr;
  if (all_came) {
    state_ = State::kFinished;
    return;
  }
  fail({.kind = error.kind, .message = named(error.message)});
}

}  // namespace weir
