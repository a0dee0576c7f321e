#include "runtime/exchange/exchange_loop.h"

#include <fmt/format.h>

#include <algorithm>
#include <future>
#include <utility>

namespace weir {
namespace {

// Who is asked to wait holds memory here.
constexpr size_t kGuestsMax = 1024;
constexpr int64_t kSleepUsMax = 1'000'000;

gpr_timespec deadline_in(int64_t us) {
  return gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), gpr_time_from_micros(us, GPR_TIMESPAN));
}

// "host:port" without the port.
std::string host_of(const std::string& address) { return address.substr(0, address.rfind(':')); }

}  // namespace

ExchangeLoop::ExchangeLoop(ExchangeOptions options) : options_(std::move(options)) {
  wakes_ = std::make_shared<WakeList>([this] {
    if (!is_ringing_.exchange(true)) {
      alarm_.Set(queue_.get(), gpr_inf_past(GPR_CLOCK_MONOTONIC), &rung_);
    }
  });
  mailbox_ = std::make_shared<WakeNode>(wakes_);
  mailbox_->action = [this] { run_commands(); };
}

ExchangeLoop::~ExchangeLoop() { CHECK(!thread_.joinable()); }

Status ExchangeLoop::start(const std::string& address) {
  wire_options_ = {.token = options_.token,
                   .credentials = options_.channel_credentials,
                   .message_bytes_max = 2 * options_.frame_bytes_max,
                   .pool = std::make_shared<BufferPool>()};
  if (wire_options_.credentials == nullptr) {
    wire_options_.credentials = grpc::InsecureChannelCredentials();
  }
  std::shared_ptr<grpc::ServerCredentials> credentials = options_.server_credentials;
  if (credentials == nullptr) credentials = grpc::InsecureServerCredentials();
  int port = 0;
  grpc::ServerBuilder builder;
  builder.AddListeningPort(address, credentials, &port);
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 10'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10'000);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 5'000);
  builder.SetMaxReceiveMessageSize(static_cast<int>(wire_options_.message_bytes_max));
  builder.SetMaxSendMessageSize(-1);
  builder.RegisterAsyncGenericService(&service_);
  queue_ = builder.AddCompletionQueue();
  server_ = builder.BuildAndStart();
  if (server_ == nullptr || port == 0) {
    return user_error(fmt::format(
        "cannot listen for other workers on {}: another process has the port, or it is no address "
        "of this machine; give another one",
        address));
  }
  const std::string& host = options_.public_host;
  address_ = fmt::format("{}:{}", host.empty() ? host_of(address) : host, port);
  acceptor_ = std::make_unique<Acceptor>(wire_options_, service_, *queue_, live_wires_,
                                         [this](Wire* wire) { accepted(wire); });
  thread_ = std::thread([this] { run(); });
  return {};
}

void ExchangeLoop::stop() {
  if (!thread_.joinable()) return;
  call([this] {
    acceptor_->stop();
    for (const auto& [number, life] : lives_) {
      for (const auto& stream : life->streams) stream->close(nullptr);
    }
    for (const auto& [guest, owned] : guests_) guest->wire->close(nullptr);
    guests_.clear();
  });
  server_->Shutdown(gpr_now(GPR_CLOCK_MONOTONIC));
  call([this] { is_ending_ = true; });
  thread_.join();
  {
    const std::lock_guard lock(mutex_);
    takes_commands_ = false;
  }
  run_commands();
  wakes_->close();
  lives_.clear();
  queue_->Shutdown();
  void* tag = nullptr;
  bool ok = false;
  // What a command that came late began is ended here.
  while (queue_->Next(&tag, &ok)) static_cast<Completion*>(tag)->complete(ok);
}

uint64_t ExchangeLoop::open(ExchangeLife ends) {
  auto life = std::make_shared<Life>();
  life->number = next_life_.fetch_add(1);
  life->job = std::move(ends.job);
  life->generation = ends.generation;
  life->failed = std::move(ends.failed);
  std::map<std::string, PeerStream*> by_peer;
  const auto stream_to = [&](const std::string& peer) -> PeerStream& {
    CHECK(peer != address_);
    PeerStream*& stream = by_peer[peer];
    if (stream == nullptr) {
      life->streams.push_back(std::make_unique<PeerStream>(
          PeerStream::Parties{
              .job = life->job, .generation = life->generation, .self = address_, .peer = peer},
          options_, wakes_, wire_options_.pool,
          [this, dying = life.get()](const Error& error) { fail(*dying, error); }));
      stream = life->streams.back().get();
    }
    return *stream;
  };
  for (const OutboundEnd& end : ends.outbound) stream_to(end.peer).add(end);
  for (const InboundEnd& end : ends.inbound) stream_to(end.peer).add(end);
  post([this, life] { begin(life); });
  return life->number;
}

void ExchangeLoop::close(uint64_t life) {
  call([this, life] { lives_.erase(life); });
}

void ExchangeLoop::refuse_below(const std::string& job, Generation generation) {
  call([this, &job, generation] { raise_floor(job, generation); });
}

bool ExchangeLoop::post(std::function<void()> command) {
  {
    const std::lock_guard lock(mutex_);
    if (!takes_commands_) return false;
    commands_.push_back(std::move(command));
  }
  mailbox_->wake();
  return true;
}

void ExchangeLoop::call(const std::function<void()>& command) {
  CHECK(std::this_thread::get_id() != thread_.get_id());
  std::promise<void> done;
  const bool posted = post([&] {
    command();
    done.set_value();
  });
  if (posted) done.get_future().wait();
}

void ExchangeLoop::run_commands() {
  for (;;) {
    std::function<void()> command;
    {
      const std::lock_guard lock(mutex_);
      if (commands_.empty()) return;
      command = std::move(commands_.front());
      commands_.pop_front();
    }
    command();
  }
}

void ExchangeLoop::run() {
  acceptor_->request_next();
  for (;;) {
    wakes_->run();
    if (is_ending_ && live_wires_ == 0) return;
    const int64_t now_us = steady_now_us();
    const int64_t left_us = std::clamp<int64_t>(next_us() - now_us, 0, kSleepUsMax);
    if (left_us == 0) pass_time(now_us);
    // Even when there is more to do at once, gRPC has its turn.
    const int64_t sleep_us = wakes_->may_sleep() ? left_us : 0;
    void* tag = nullptr;
    bool ok = false;
    const auto event = queue_->AsyncNext(&tag, &ok, deadline_in(sleep_us));
    wakes_->awake();
    if (event == grpc::CompletionQueue::GOT_EVENT) static_cast<Completion*>(tag)->complete(ok);
  }
}

int64_t ExchangeLoop::next_us() const {
  int64_t next = INT64_MAX;
  for (const auto& [number, life] : lives_) {
    for (const auto& stream : life->streams)
      next = std::min(next, stream->next_us().value_or(next));
  }
  for (const auto& [guest, owned] : guests_) next = std::min(next, guest->until_us);
  return next;
}

void ExchangeLoop::pass_time(int64_t now_us) {
  for (const auto& [number, life] : lives_) {
    for (const auto& stream : life->streams) stream->pass_time(now_us);
  }
  for (auto next = guests_.begin(); next != guests_.end();) {
    Guest& guest = *next++->first;
    if (guest.until_us > now_us) continue;
    turn_away(guest, unavailable(fmt::format("this life is not open here: waited_ms={}",
                                             options_.open_ms)));
  }
}

void ExchangeLoop::begin(std::shared_ptr<Life> life) {
  for (const auto& [number, other] : lives_) {
    const bool is_same = other->job == life->job && other->generation == life->generation;
    CHECK(!is_same);
  }
  lives_.emplace(life->number, life);
  const auto floor = floors_.find(life->job);
  if (floor != floors_.end() && life->generation < floor->second) {
    return fail(*life, too_old(life->job, life->generation));
  }
  raise_floor(life->job, life->generation);
  for (const auto& stream : life->streams) {
    if (stream->dials()) stream->attach(dial(stream->peer(), wire_options_, *queue_, live_wires_));
  }
  for (auto next = guests_.begin(); next != guests_.end();) {
    Guest& guest = *next++->first;
    if (guest.hello.has_value()) seat(guest);
  }
}

void ExchangeLoop::fail(Life& life, const Error& error) {
  if (life.has_failed) return;
  life.has_failed = true;
  for (const auto& stream : life.streams) stream->close(&error);
  life.failed(error);
}

Error ExchangeLoop::too_old(const std::string& job, Generation generation) const {
  return {
      .kind = ErrorKind::kFenced,
      .message = fmt::format("a newer life of the job runs: job={} generation={} newer={} at {}",
                             job, generation.value(), floors_.at(job).value(), address_)};
}

void ExchangeLoop::raise_floor(const std::string& job, Generation generation) {
  Generation& floor = floors_[job];
  if (generation <= floor) return;
  floor = generation;
  for (const auto& [number, life] : lives_) {
    if (life->job == job && life->generation < floor) fail(*life, too_old(job, life->generation));
  }
  for (auto next = guests_.begin(); next != guests_.end();) {
    Guest& guest = *next++->first;
    if (guest.hello.has_value()) seat(guest);
  }
}

void ExchangeLoop::accepted(Wire* wire) {
  auto guest =
      std::make_unique<Guest>(*this, wire, steady_now_us() + int64_t{options_.open_ms} * 1000);
  Guest* its_key = guest.get();
  wire->set_owner(its_key);
  guests_.emplace(its_key, std::move(guest));
  if (guests_.size() > kGuestsMax) {
    turn_away(*its_key, unavailable(fmt::format("too many streams wait for a life: streams={}",
                                                guests_.size())));
  }
}

void ExchangeLoop::greeted(Guest& guest, std::string_view message) {
  if (guest.hello.has_value()) return turn_away(guest, corrupt("a second greeting"));
  Result<Frame> frame = read_frame(message, options_.frame_bytes_max);
  if (!frame.ok()) return turn_away(guest, frame.error());
  const auto* hello = std::get_if<Hello>(&*frame);
  if (hello == nullptr || !message.empty()) {
    return turn_away(guest, corrupt("a stream does not begin with one greeting"));
  }
  if (hello->to != address_) {
    return turn_away(guest, corrupt(fmt::format("a stream is for another worker: to={} here={}",
                                                hello->to, address_)));
  }
  guest.hello = *hello;
  seat(guest);
}

void ExchangeLoop::seat(Guest& guest) {
  const Hello& hello = *guest.hello;
  const auto floor = floors_.find(hello.job);
  if (floor != floors_.end() && hello.generation < floor->second) {
    return turn_away(guest, too_old(hello.job, hello.generation));
  }
  for (const auto& [number, life] : lives_) {
    if (life->job != hello.job || life->generation != hello.generation) continue;
    for (const auto& stream : life->streams) {
      if (stream->peer() != hello.from) continue;
      const Status status = stream->attach(guest.wire, hello);
      if (!status.ok()) return turn_away(guest, status.error());
      guests_.erase(&guest);
      return;
    }
    return turn_away(guest, corrupt(fmt::format("no channels between {} and {}: job={}", hello.from,
                                                address_, hello.job)));
  }
}

void ExchangeLoop::turn_away(Guest& guest, const Error& error) {
  guest.wire->close(&error);
  guests_.erase(&guest);
}

}  // namespace weir
