#include "runtime/exchange/wire.h"

#include <fmt/format.h>
#include <grpcpp/generic/generic_stub.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace weir {
namespace {

constexpr const char* kMethod = "/weir.Exchange/Stream";
constexpr const char* kTokenKey = "weir-token";

grpc::Status to_grpc(const Error& error) {
  switch (error.kind) {
    case ErrorKind::kUser: return {grpc::StatusCode::FAILED_PRECONDITION, error.message};
    case ErrorKind::kUnavailable: return {grpc::StatusCode::UNAVAILABLE, error.message};
    case ErrorKind::kFenced: return {grpc::StatusCode::ABORTED, error.message};
    case ErrorKind::kBadData:
    case ErrorKind::kCorrupt: return {grpc::StatusCode::INVALID_ARGUMENT, error.message};
  }
  unreachable();
}

ErrorKind kind_of(grpc::StatusCode code) {
  switch (code) {
    case grpc::StatusCode::FAILED_PRECONDITION:
    case grpc::StatusCode::UNAUTHENTICATED: return ErrorKind::kUser;
    case grpc::StatusCode::ABORTED: return ErrorKind::kFenced;
    case grpc::StatusCode::INVALID_ARGUMENT:
    case grpc::StatusCode::RESOURCE_EXHAUSTED: return ErrorKind::kCorrupt;
    default: return ErrorKind::kUnavailable;  // Whatever gRPC may add: the stream is gone.
  }
}

// What a slice owns.
struct SentFrame {
  std::string bytes;
  std::shared_ptr<BufferPool> pool;
};

grpc::Slice slice_of(std::string frame, std::shared_ptr<BufferPool> pool) {
  auto* sent = new SentFrame{.bytes = std::move(frame), .pool = std::move(pool)};
  const auto let_go = [](void* pointer) {
    const std::unique_ptr<SentFrame> owned(static_cast<SentFrame*>(pointer));
    owned->pool->give(std::move(owned->bytes));
  };
  return {sent->bytes.data(), sent->bytes.size(), let_go, sent};
}

// Whether they are equal, in a time that does not depend on where they differ.
bool same_secret(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  unsigned char difference = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    difference = static_cast<unsigned char>(difference | (a[i] ^ b[i]));
  }
  return difference == 0;
}

}  // namespace

void Wire::write(std::vector<std::string> frames) {
  CHECK(can_write());
  std::vector<grpc::Slice> slices;
  slices.reserve(frames.size());
  for (std::string& frame : frames) slices.push_back(slice_of(std::move(frame), pool_));
  is_writing_ = true;
  began();
  start_write(grpc::ByteBuffer(slices.data(), slices.size()), &write_done_);
}

void Wire::close(const Error* error) {
  if (is_closing_) return;
  is_closing_ = true;
  owner_ = nullptr;
  began();  // For as long as this runs.
  if (error == nullptr || !stands_) {
    cancel();
  } else if (is_writing_) {
    refusal_ = *error;
  } else {
    refuse(*error);
  }
  ended();
}

void Wire::refuse(const Error& error) {
  if (start_refusal(error, &refused_)) {
    began();
  } else {
    cancel();
  }
}

void Wire::ended() {
  CHECK(operations_ > 0);
  if (--operations_ == 0 && is_closing_) delete this;
}

void Wire::stand() {
  stands_ = true;
  read_next();
  if (owner_ != nullptr) owner_->writable();
}

void Wire::read_next() {
  began();
  start_read(&incoming_, &read_done_);
}

void Wire::read_done(bool ok) {
  if (!ok) {
    fail();
  } else if (owner_ != nullptr) {
    owner_->received(contiguous(incoming_));
    pieces_.clear();
    incoming_.Clear();
    if (!is_closing_) read_next();
  }
  ended();
}

void Wire::write_done(bool ok) {
  is_writing_ = false;
  // If it failed, reading fails too, and then says why.
  if (ok && owner_ != nullptr) owner_->writable();
  if (refusal_.has_value()) refuse(*refusal_);
  ended();
}

void Wire::refused(bool /*ok*/) { ended(); }

void Wire::fail() {
  if (is_closing_) return;
  if (!start_asking(&told_why_)) return break_off();
  began();
}

void Wire::told_why(bool /*ok*/) {
  break_off();
  ended();
}

void Wire::break_off() {
  if (is_closing_) return;
  is_closing_ = true;
  cancel();
  if (owner_ != nullptr) std::exchange(owner_, nullptr)->broken(why());
}

std::string_view Wire::contiguous(const grpc::ByteBuffer& message) {
  pieces_.clear();
  if (!message.Dump(&pieces_).ok()) return {};
  if (pieces_.size() == 1) {
    return {reinterpret_cast<const char*>(pieces_[0].begin()), pieces_[0].size()};
  }
  const size_t size = message.Length();
  if (size > scratch_bytes_) {
    scratch_bytes_ = std::max(size, scratch_bytes_ * 2);
    scratch_.reset(new char[scratch_bytes_]);  // Not zeroed.
  }
  char* to = scratch_.get();
  for (const grpc::Slice& piece : pieces_) {
    std::memcpy(to, piece.begin(), piece.size());
    to += piece.size();
  }
  return {scratch_.get(), size};
}

namespace {

class DialledWire final : public Wire {
 public:
  DialledWire(const std::string& peer, const WireOptions& options, grpc::CompletionQueue& queue,
              size_t& live)
      : Wire(options.pool, live), peer_(peer) {
    grpc::ChannelArguments arguments;
    arguments.SetMaxReceiveMessageSize(static_cast<int>(options.message_bytes_max));
    arguments.SetMaxSendMessageSize(-1);
    arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
    // A life begins soon after another ended: a peer that was away may be back.
    arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
    arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 1000);
    arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 10'000);
    arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10'000);
    grpc::GenericStub stub(grpc::CreateCustomChannel(peer, options.credentials, arguments));
    context_.set_wait_for_ready(true);
    if (!options.token.empty()) context_.AddMetadata(kTokenKey, options.token);
    stream_ = stub.PrepareCall(&context_, kMethod, &queue);
    began();
    stream_->StartCall(&started_);
  }

 private:
  void started(bool ok) {
    if (!ok) {
      fail();
    } else if (!is_closing()) {
      stand();
    }
    ended();
  }

  void start_read(grpc::ByteBuffer* message, void* tag) override { stream_->Read(message, tag); }
  void start_write(const grpc::ByteBuffer& message, void* tag) override {
    stream_->Write(message, tag);
  }
  void cancel() override { context_.TryCancel(); }
  bool start_refusal(const Error& /*error*/, void* /*tag*/) override { return false; }
  bool start_asking(void* tag) override {
    stream_->Finish(&status_, tag);
    return true;
  }
  Error why() const override {
    return {.kind = kind_of(status_.error_code()),
            .message = fmt::format("stream to {} broke: {}", peer_,
                                   status_.ok() ? "it was ended" : status_.error_message())};
  }

  const std::string peer_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> stream_;
  grpc::Status status_;
  MemberCompletion<DialledWire> started_{this, &DialledWire::started};
};

}  // namespace

Wire* dial(const std::string& peer, const WireOptions& options, grpc::CompletionQueue& queue,
           size_t& live) {
  return new DialledWire(peer, options, queue, live);
}

class AcceptedWire final : public Wire {
 public:
  explicit AcceptedWire(Acceptor& acceptor)
      : Wire(acceptor.options_.pool, acceptor.live_), acceptor_(acceptor) {
    began();
    acceptor.service_.RequestCall(&context_, &stream_, &acceptor.queue_, &acceptor.queue_,
                                  &accepted_);
  }

 private:
  void accepted(bool ok) {
    if (!ok) {  // The server is going away.
      close(nullptr);
    } else {
      acceptor_.request_next();
      if (acceptor_.is_stopped_) {
        close(nullptr);
      } else if (const grpc::Status status = judge(); !status.ok()) {
        turn_down(status);
      } else {
        acceptor_.accepted_(this);
        stand();
      }
    }
    ended();
  }

  grpc::Status judge() const {
    if (context_.method() != kMethod) {
      return {grpc::StatusCode::UNIMPLEMENTED, "this port is a weir exchange"};
    }
    const std::string& token = acceptor_.options_.token;
    if (token.empty()) return grpc::Status::OK;
    const auto shown = context_.client_metadata().find(kTokenKey);
    if (shown == context_.client_metadata().end() ||
        !same_secret({shown->second.data(), shown->second.size()}, token)) {
      return {grpc::StatusCode::UNAUTHENTICATED,
              "the token is not the one of this cluster: give all workers the same"};
    }
    return grpc::Status::OK;
  }

  void turn_down(const grpc::Status& status) {
    began();
    stream_.Finish(status, &judged_);
  }
  void judged(bool /*ok*/) {
    close(nullptr);
    ended();
  }

  void start_read(grpc::ByteBuffer* message, void* tag) override { stream_.Read(message, tag); }
  void start_write(const grpc::ByteBuffer& message, void* tag) override {
    stream_.Write(message, tag);
  }
  void cancel() override {
    if (was_accepted()) context_.TryCancel();
  }
  bool was_accepted() const { return !context_.method().empty(); }
  bool start_refusal(const Error& error, void* tag) override {
    stream_.Finish(to_grpc(error), tag);
    return true;
  }
  bool start_asking(void* /*tag*/) override { return false; }
  Error why() const override {
    return unavailable(fmt::format("stream from {} broke", context_.peer()));
  }

  Acceptor& acceptor_;
  grpc::GenericServerContext context_;
  grpc::GenericServerAsyncReaderWriter stream_{&context_};
  MemberCompletion<AcceptedWire> accepted_{this, &AcceptedWire::accepted};
  MemberCompletion<AcceptedWire> judged_{this, &AcceptedWire::judged};
};

void Acceptor::request_next() {
  if (!is_stopped_) new AcceptedWire(*this);
}

}  // namespace weir
