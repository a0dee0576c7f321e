#include "runtime/rpc/control_session.h"

#include "runtime/rpc/message_codec.h"
#include "runtime/rpc/strict_message.h"

#include <fmt/format.h>

#include <chrono>
#include <utility>

namespace weir {
namespace {

// What a message needs in the outbox beside its text.
constexpr size_t kMessageBytes = 64;

Error lost() {
  return unavailable(
      "the connection to the worker has ended: the worker, its machine or the network is gone");
}

}  // namespace

ControlSession::ControlSession(SessionId id, grpc::CallbackServerContext& call,
                               const Setting& setting)
    : id_(id), call_(call), setting_(setting), outbox_(setting.options.queue_bytes_max) {}

void ControlSession::begin() {
  {
    const std::scoped_lock lock(mutex_);
    self_ = shared_from_this();
    const auto patience = std::chrono::milliseconds(setting_.options.hello_timeout_ms);
    hello_alarm_.Set(std::chrono::system_clock::now() + patience,
                     [weak = weak_from_this()](bool is_due) {
                       const std::shared_ptr<ControlSession> session = weak.lock();
                       if (is_due && session != nullptr) session->time_out();
                     });
  }
  StartRead(&read_);
}

void ControlSession::time_out() {
  const std::scoped_lock lock(mutex_);
  if (state_ != State::kDialled) return;
  end({}, {grpc::StatusCode::DEADLINE_EXCEEDED, "no hello came in time"});
}

void ControlSession::welcome(const std::string& welcome) {
  const std::scoped_lock lock(mutex_);
  if (is_over()) return;
  CHECK(state_ == State::kAsked);
  state_ = State::kOpen;
  proto::CoordinatorMessage message;
  message.set_welcome(welcome);
  queue(std::move(message));
}

void ControlSession::refuse(const std::string& reason) {
  const std::scoped_lock lock(mutex_);
  if (is_over()) return;
  CHECK(state_ != State::kDialled);
  is_owner_waiting_ = false;
  proto::CoordinatorMessage message;
  message.set_refusal(reason);
  is_last_queued_ = true;
  queue(std::move(message));
}

void ControlSession::send(std::string order) {
  const std::scoped_lock lock(mutex_);
  if (is_over()) return;
  CHECK(state_ == State::kOpen);
  if (order.size() > setting_.options.message_bytes_max) {
    end(user_error(fmt::format("cannot send an order of {} bytes to a worker: at most {} will do; "
                               "is the job's graph so large?",
                               order.size(), setting_.options.message_bytes_max)),
        {grpc::StatusCode::RESOURCE_EXHAUSTED, "an order was too large to be sent"});
    return;
  }
  proto::CoordinatorMessage message;
  message.set_order(std::move(order));
  queue(std::move(message));
}

void ControlSession::renew(uint64_t beat) {
  const std::scoped_lock lock(mutex_);
  if (is_over()) return;
  CHECK(state_ == State::kOpen);
  proto::CoordinatorMessage message;
  message.set_renewed(beat);
  queue(std::move(message));
}

void ControlSession::close(const std::string& reason) {
  const std::scoped_lock lock(mutex_);
  is_owner_waiting_ = false;
  if (state_ == State::kGone) return;
  end({}, {grpc::StatusCode::UNAVAILABLE, reason});
}

void ControlSession::OnReadDone(bool ok) {
  if (ok) hear();
  std::optional<Error> reason;
  {
    const std::scoped_lock lock(mutex_);
    if (!ok && state_ != State::kGone) {
      end(lost(), {grpc::StatusCode::OK, ""});
    }
    if (state_ != State::kGone) {
      StartRead(&read_);
      return;
    }
    if (!is_owner_waiting_) return;
    is_owner_waiting_ = false;
    reason = std::move(reason_);
  }
  CHECK(reason.has_value());
  setting_.handlers.broken(id_, std::move(*reason));
}

void ControlSession::hear() {
  State state;
  {
    const std::scoped_lock lock(mutex_);
    if (is_over()) return;
    state = state_;
  }
  std::string_view trouble;
  switch (read_.what_case()) {
    case proto::WorkerMessage::kHello:
      if (state == State::kDialled) return hear_hello(read_.hello());
      trouble = "it has said hello before";
      break;
    case proto::WorkerMessage::kReport:
      if (state == State::kOpen) return hear_report(read_.report());
      trouble = "it was not welcomed yet";
      break;
    case proto::WorkerMessage::kBeat:
      if (state == State::kOpen) return setting_.handlers.heartbeat(id_, read_.beat());
      trouble = "it was not welcomed yet";
      break;
    case proto::WorkerMessage::WHAT_NOT_SET: trouble = "it is of no known kind"; break;
  }
  const std::scoped_lock lock(mutex_);
  if (state_ == State::kGone) return;
  Error reason = bad_message("a worker's message", trouble);
  const grpc::Status status(grpc::StatusCode::INVALID_ARGUMENT, reason.message);
  end(std::move(reason), status);
}

void ControlSession::hear_hello(const std::string& bytes) {
  Result<Hello> hello = decode_hello(bytes);
  {
    const std::scoped_lock lock(mutex_);
    if (state_ == State::kGone) return;
    hello_alarm_.Cancel();
    if (!hello.ok()) {
      return end({}, {grpc::StatusCode::INVALID_ARGUMENT, hello.error().message});
    }
    state_ = State::kAsked;
    is_owner_waiting_ = true;
  }
  setting_.handlers.hello(id_, std::move(hello).value());
}

void ControlSession::hear_report(const std::string& bytes) {
  Result<FromWorker> report = decode_from_worker(bytes);
  if (report.ok()) return setting_.handlers.message(id_, std::move(report).value());
  const std::scoped_lock lock(mutex_);
  if (state_ == State::kGone) return;
  const grpc::Status status(grpc::StatusCode::INVALID_ARGUMENT, report.error().message);
  end(std::move(report).error(), status);
}

void ControlSession::queue(proto::CoordinatorMessage message) {
  const size_t bytes = message.ByteSizeLong() + kMessageBytes;
  if (!outbox_.add(std::move(message), bytes)) {
    end(unavailable(fmt::format("the worker does not read what it is sent: {} bytes wait for it",
                                outbox_.bytes())),
        {grpc::StatusCode::RESOURCE_EXHAUSTED, "orders are not read"});
    return;
  }
  write_next();
}

void ControlSession::write_next() {
  if (const proto::CoordinatorMessage* next = outbox_.write_next()) {
    StartWrite(next);
  } else if (is_last_queued_ && outbox_.is_empty()) {
    end({}, grpc::Status::OK);
  }
}

void ControlSession::OnWriteDone(bool ok) {
  const std::scoped_lock lock(mutex_);
  outbox_.written();
  if (state_ == State::kGone) {
    finish(status_);
  } else if (ok) {
    write_next();
  }  // Otherwise the read that is outstanding fails too, and ends the session.
}

void ControlSession::end(std::optional<Error> reason, const grpc::Status& status) {
  CHECK(state_ != State::kGone);
  state_ = State::kGone;
  reason_ = std::move(reason);
  status_ = status;
  hello_alarm_.Cancel();
  if (outbox_.is_writing()) {
    // A peer that does not read would keep the message, and with it the call, for ever.
    call_.TryCancel();
  } else {
    finish(status_);
  }
}

void ControlSession::finish(const grpc::Status& status) {
  if (is_finished_) return;
  is_finished_ = true;
  Finish(status);
}

void ControlSession::OnDone() {
  std::shared_ptr<ControlSession> self;
  {
    const std::scoped_lock lock(mutex_);
    self = std::move(self_);
  }
  setting_.done(id_);
}

}  // namespace weir
