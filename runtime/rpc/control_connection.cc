#include "runtime/rpc/control_connection.h"

#include "runtime/rpc/credentials.h"
#include "runtime/rpc/message_codec.h"
#include "runtime/rpc/strict_message.h"

#include <fmt/format.h>

#include <chrono>
#include <utility>

namespace weir {
namespace {

// What a message needs in the outbox beside its text.
constexpr size_t kMessageBytes = 64;

}  // namespace

ControlConnection::ControlConnection(Setting setting)
    : setting_(std::move(setting)), outbox_(setting_.options.queue_bytes_max) {}

void ControlConnection::begin(std::chrono::milliseconds delay) {
  const std::scoped_lock lock(mutex_);
  self_ = shared_from_this();
  // Also without a delay: the caller may hold locks of its own, and is not to be called from here.
  delay_.Set(std::chrono::system_clock::now() + delay, [weak = weak_from_this()](bool) {
    if (const std::shared_ptr<ControlConnection> self = weak.lock()) self->dial();
  });
}

void ControlConnection::dial() {
  const std::shared_ptr<grpc::Channel> channel =
      control_channel(setting_.address, setting_.security, setting_.options);
  const std::shared_ptr<ControlConnection> self = shared_from_this();
  {
    const std::scoped_lock lock(mutex_);
    if (!is_dropped_) {
      state_ = State::kAsked;
      call(channel);
      const auto patience = std::chrono::milliseconds(setting_.options.welcome_timeout_ms);
      welcome_alarm_.Set(std::chrono::system_clock::now() + patience,
                         [weak = weak_from_this()](bool is_due) {
                           const std::shared_ptr<ControlConnection> late = weak.lock();
                           if (is_due && late != nullptr) late->time_out();
                         });
      setting_.keep(channel);
      return;
    }
    self_.reset();
  }
  setting_.done();
}

void ControlConnection::time_out() {
  const std::scoped_lock lock(mutex_);
  if (state_ != State::kAsked) return;
  end(unavailable(fmt::format("{} has not answered this worker within {} ms", setting_.address,
                              setting_.options.welcome_timeout_ms)));
}

void ControlConnection::call(const std::shared_ptr<grpc::Channel>& channel) {
  stub_ = proto::Control::NewStub(channel);
  present_token(call_, setting_.security);
  stub_->async()->Work(&call_, this);
  AddHold();
  is_held_ = true;
  proto::WorkerMessage message;
  message.set_hello(setting_.hello);
  queue(std::move(message));
  StartRead(&read_);
  StartCall();
}

void ControlConnection::send(std::string report) {
  const std::scoped_lock lock(mutex_);
  if (state_ != State::kOpen) return;
  if (report.size() > setting_.options.message_bytes_max) {
    end(
        user_error(fmt::format("cannot send a report of {} bytes to the coordinator: at most {} "
                               "will do; are there so many splits or tables?",
                               report.size(), setting_.options.message_bytes_max)));
    return;
  }
  proto::WorkerMessage message;
  message.set_report(std::move(report));
  queue(std::move(message));
}

void ControlConnection::beat(uint64_t number) {
  const std::scoped_lock lock(mutex_);
  if (state_ != State::kOpen) return;
  proto::WorkerMessage message;
  message.set_beat(number);
  queue(std::move(message));
}

void ControlConnection::drop() {
  const std::scoped_lock lock(mutex_);
  is_dropped_ = true;
  if (state_ == State::kWaiting) {
    delay_.Cancel();
  } else if (state_ != State::kOver) {
    end({});
  }
}

void ControlConnection::OnReadDone(bool ok) {
  State state;
  {
    const std::scoped_lock lock(mutex_);
    state = state_;
  }
  Status heard;
  if (ok && state != State::kOver) heard = hear(state);
  const std::scoped_lock lock(mutex_);
  if (state_ == State::kOver) return;
  if (!ok) {
    // Not cancelled, so that the status says why.
    state_ = State::kOver;
    welcome_alarm_.Cancel();
    release();
  } else if (!heard.ok() || is_dropped_) {
    end(heard.ok() ? std::nullopt : std::optional<Error>(std::move(heard).error()));
  } else {
    StartRead(&read_);
  }
}

Status ControlConnection::hear(State state) {
  const ControlClient::Handlers& handlers = setting_.handlers;
  switch (read_.what_case()) {
    case proto::CoordinatorMessage::kWelcome: {
      if (state != State::kAsked) break;
      Welcome welcome = TRY(decode_welcome(read_.welcome()));
      open();
      tell([&] { handlers.welcomed(std::move(welcome)); });
      return {};
    }
    case proto::CoordinatorMessage::kRefusal: {
      tell([&] { handlers.refused(read_.refusal()); });
      const std::scoped_lock lock(mutex_);
      is_dropped_ = true;
      return {};
    }
    case proto::CoordinatorMessage::kOrder: {
      if (state != State::kOpen) break;
      ToWorker order = TRY(decode_to_worker(read_.order(), setting_.reader));
      tell([&] { handlers.message(std::move(order)); });
      return {};
    }
    case proto::CoordinatorMessage::kRenewed:
      if (state != State::kOpen) break;
      tell([&] { handlers.renewed(read_.renewed()); });
      return {};
    case proto::CoordinatorMessage::WHAT_NOT_SET: break;
  }
  return bad_message("the coordinator's message", "it is of no kind that is expected now");
}

void ControlConnection::open() {
  {
    const std::scoped_lock lock(mutex_);
    if (state_ == State::kAsked) state_ = State::kOpen;
    welcome_alarm_.Cancel();
  }
  setting_.welcomed();
}

void ControlConnection::tell(const std::function<void()>& owner) {
  const std::scoped_lock calling(setting_.calling);
  {
    const std::scoped_lock lock(mutex_);
    if (is_dropped_) return;
  }
  owner();
}

void ControlConnection::queue(proto::WorkerMessage message) {
  const size_t bytes = message.ByteSizeLong() + kMessageBytes;
  if (!outbox_.add(std::move(message), bytes)) {
    end(unavailable(fmt::format("{} does not read what it is sent: {} bytes wait for it",
                                setting_.address, outbox_.bytes())));
    return;
  }
  write_next();
}

void ControlConnection::write_next() {
  if (const proto::WorkerMessage* next = outbox_.write_next()) StartWrite(next);
}

void ControlConnection::OnWriteDone(bool ok) {
  const std::scoped_lock lock(mutex_);
  outbox_.written();
  // If it failed, the read that is outstanding fails too, and ends the connection.
  if (ok && state_ != State::kOver) write_next();
}

void ControlConnection::end(std::optional<Error> reason) {
  state_ = State::kOver;
  welcome_alarm_.Cancel();
  if (reason) reason_ = std::move(reason);
  call_.TryCancel();
  release();
}

void ControlConnection::release() {
  if (std::exchange(is_held_, false)) RemoveHold();
}

void ControlConnection::OnDone(const grpc::Status& status) {
  std::function<void()> aftermath;
  {
    const std::scoped_lock lock(mutex_);
    // The only one that keeps this alive from now on, so that it ends where `keep` says it may.
    aftermath = [self = std::move(self_), status] {
      self->tell_end(status);
      self->setting_.done();
    };
  }
  const bool is_added = setting_.aftermath.add(std::move(aftermath));
  CHECK(is_added);
}

void ControlConnection::tell_end(const grpc::Status& status) {
  std::optional<Error> reason;
  {
    const std::scoped_lock lock(mutex_);
    if (is_dropped_) return;
    reason = std::move(reason_);
  }
  if (!reason && status.ok()) {
    reason = unavailable(fmt::format("{} has closed the connection", setting_.address));
  }
  if (!reason) reason = call_error(status, setting_.address, setting_.security);
  tell([&] { setting_.handlers.broken(std::move(*reason)); });
}

}  // namespace weir
