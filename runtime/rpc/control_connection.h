// The worker's end of one stream (control_server.h has the table of its states): made for each
// connect() of a ControlClient, and kept alive by itself until gRPC is done with the call.
//
// gRPC calls the On... functions, and so all handlers, in a row. The rest may be called by any
// thread.
#pragma once

#include "engine/base/status.h"
#include "engine/plan/graph_text.h"
#include "runtime/messages/security.h"
#include "runtime/rpc/control_client.h"
#include "runtime/rpc/control_options.h"
#include "runtime/rpc/outbox.h"
#include "runtime/rpc/thread_pool.h"

#include <grpcpp/alarm.h>
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/support/client_callback.h>

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <proto/weir/control.grpc.pb.h>
#include <string>

namespace weir {

class ControlConnection final
    : public grpc::ClientBidiReactor<proto::WorkerMessage, proto::CoordinatorMessage>,
      public std::enable_shared_from_this<ControlConnection> {
 public:
  struct Setting {
    const ControlClient::Handlers& handlers;
    const ControlOptions& options;
    const Security& security;
    const ExpressionReader& reader;
    std::string address;
    std::string hello;
    std::function<void()> welcomed;  // Called before the owner's handler.
    // Takes the channel that is in use now. gRPC's threads for callbacks live as long as any
    // channel that they serve, and the last one must not end in one of them.
    std::function<void(std::shared_ptr<grpc::Channel>)> keep;
    ThreadPool& aftermath;       // Where the reason of an end is looked for, which may block.
    std::mutex& calling;         // Held while a handler runs, for all connections of a client.
    std::function<void()> done;  // No handler is called any more: the last thing that happens.
  };
  // What the setting refers to outlives `done`.
  explicit ControlConnection(Setting setting);

  void begin(std::chrono::milliseconds delay);
  void send(std::string report);
  void beat(uint64_t number);
  void drop();

  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnDone(const grpc::Status& status) override;

 private:
  enum class State { kWaiting, kAsked, kOpen, kOver };

  void dial();
  void time_out();
  // By the chain of reads. An error is why the connection ends.
  Status hear(State state);
  void open();
  // Calls the owner, unless it wants to hear no more.
  void tell(const std::function<void()>& owner);

  // With mutex_ held.
  void call(const std::shared_ptr<grpc::Channel>& channel);
  void queue(proto::WorkerMessage message);
  void write_next();
  void end(std::optional<Error> reason);
  void release();
  void tell_end(const grpc::Status& status);

  // Constant after construction.
  const Setting setting_;

  // Owned by the chain of reads.
  proto::CoordinatorMessage read_;
  std::unique_ptr<proto::Control::Stub> stub_;

  std::mutex mutex_;
  // Guarded by mutex_.
  grpc::ClientContext call_;
  State state_ = State::kWaiting;
  Outbox<proto::WorkerMessage> outbox_;
  bool is_held_ = false;         // gRPC was told that writes may come from outside.
  bool is_dropped_ = false;      // The owner wants to hear no more.
  std::optional<Error> reason_;  // Why it ended, where gRPC's status does not say it.
  grpc::Alarm delay_;
  grpc::Alarm welcome_alarm_;
  std::shared_ptr<ControlConnection> self_;  // Until OnDone.
};

}  // namespace weir
