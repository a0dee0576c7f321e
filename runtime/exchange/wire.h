// One gRPC stream between two exchanges, dialled or accepted: messages of frames go in and come
// out, until it breaks.
//
// A Wire keeps itself alive until gRPC has returned all that it was given, so that its owner may
// close it at any time. Everything here belongs to the thread of the exchange, which calls
// complete() for what comes out of its completion queue.
#pragma once

#include "engine/base/status.h"
#include "runtime/exchange/buffer_pool.h"

#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/grpcpp.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir {

// What a completion queue is given as tag.
class Completion {
 public:
  virtual ~Completion() = default;
  virtual void complete(bool ok) = 0;
};

// A Completion that calls a member function.
template <typename T>
class MemberCompletion final : public Completion {
 public:
  MemberCompletion(T* target, void (T::*function)(bool)) : target_(target), function_(function) {}
  void complete(bool ok) override { (target_->*function_)(ok); }

 private:
  T* const target_;
  void (T::*const function_)(bool);
};

// What all wires of one exchange share. Outlives them.
struct WireOptions {
  std::string token;
  std::shared_ptr<grpc::ChannelCredentials> credentials;
  size_t message_bytes_max = 0;
  std::shared_ptr<BufferPool> pool;  // Where frames come from, and go to when they were sent.
};

class Wire {
 public:
  // Whose stream it is.
  class Owner {
   public:
    virtual ~Owner() = default;
    virtual void received(std::string_view message) = 0;
    // The stream stands, or what was written last is out: write() may be called.
    virtual void writable() = 0;
    // The last call.
    virtual void broken(Error error) = 0;
  };

  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  void set_owner(Owner* owner) { owner_ = owner; }
  bool can_write() const { return stands_ && !is_writing_ && !is_closing_; }
  // Sends the frames as one message. REQUIRES: can_write().
  void write(std::vector<std::string> frames);

  // Ends the stream; its owner hears no more, and forgets it. The other side is told the error, if
  // there is one and this side accepted the stream.
  void close(const Error* error);

 protected:
  // `live` counts the wires that there are.
  Wire(std::shared_ptr<BufferPool> pool, size_t& live) : pool_(std::move(pool)), live_(live) {
    ++live_;
  }
  virtual ~Wire() { --live_; }

  virtual void start_read(grpc::ByteBuffer* message, void* tag) = 0;
  virtual void start_write(const grpc::ByteBuffer& message, void* tag) = 0;
  virtual void cancel() = 0;
  // Ends the stream with an error. False if that is not for this side to do.
  virtual bool start_refusal(const Error& error, void* tag) = 0;
  // Asks for the status with which the stream ended. False if this side cannot.
  virtual bool start_asking(void* tag) = 0;
  virtual Error why() const = 0;

  // What a subclass gives gRPC by itself is counted too.
  void began() { ++operations_; }
  void ended();
  void stand();
  void fail();
  bool is_closing() const { return is_closing_; }

 private:
  void read_done(bool ok);
  void write_done(bool ok);
  void refused(bool ok);
  void told_why(bool ok);
  void read_next();
  void break_off();
  void refuse(const Error& error);
  std::string_view contiguous(const grpc::ByteBuffer& message);

  const std::shared_ptr<BufferPool> pool_;
  size_t& live_;
  Owner* owner_ = nullptr;
  MemberCompletion<Wire> read_done_{this, &Wire::read_done};
  MemberCompletion<Wire> write_done_{this, &Wire::write_done};
  MemberCompletion<Wire> refused_{this, &Wire::refused};
  MemberCompletion<Wire> told_why_{this, &Wire::told_why};
  grpc::ByteBuffer incoming_;
  std::vector<grpc::Slice> pieces_;
  std::unique_ptr<char[]> scratch_;  // For messages that came in pieces.
  size_t scratch_bytes_ = 0;
  size_t operations_ = 0;  // Given to gRPC and not returned.
  bool stands_ = false;
  bool is_writing_ = false;
  bool is_closing_ = false;
  std::optional<Error> refusal_;  // To be told once nothing is being written.
};

// Opens a stream to `peer`; waits for as long as nobody listens there.
Wire* dial(const std::string& peer, const WireOptions& options, grpc::CompletionQueue& queue,
           size_t& live);

// Takes the streams that peers open, and refuses those without the token.
class Acceptor {
 public:
  Acceptor(const WireOptions& options, grpc::AsyncGenericService& service,
           grpc::ServerCompletionQueue& queue, size_t& live, std::function<void(Wire*)> accepted)
      : options_(options),
        service_(service),
        queue_(queue),
        live_(live),
        accepted_(std::move(accepted)) {}

  void request_next();
  void stop() { is_stopped_ = true; }

 private:
  friend class AcceptedWire;

  const WireOptions& options_;
  grpc::AsyncGenericService& service_;
  grpc::ServerCompletionQueue& queue_;
  size_t& live_;
  const std::function<void(Wire*)> accepted_;
  bool is_stopped_ = false;
};

}  // namespace weir
