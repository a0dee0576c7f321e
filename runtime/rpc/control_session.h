// The coordinator's end of one stream (control_server.h has the table of its states).
//
// Made by the server for each call, and kept alive by itself until gRPC is done with the call.
// gRPC calls the On... functions; one read is always outstanding, except while what was read is
// handled, so that all handlers of a session are called in a row. The rest may be called by any
// thread.
#pragma once

#include "engine/base/status.h"
#include "runtime/rpc/control_options.h"
#include "runtime/rpc/control_server.h"
#include "runtime/rpc/outbox.h"

#include <grpcpp/alarm.h>
#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <proto/weir/control.pb.h>
#include <string>
#include <string_view>

namespace weir {

class ControlSession final
    : public grpc::ServerBidiReactor<proto::WorkerMessage, proto::CoordinatorMessage>,
      public std::enable_shared_from_this<ControlSession> {
 public:
  struct Setting {
    const ControlServer::Handlers& handlers;
    const ControlOptions& options;
    std::function<void(SessionId)> done;  // gRPC has no more to do with it.
  };
  // `call` and what the setting refers to outlive the session.
  ControlSession(SessionId id, grpc::CallbackServerContext& call, const Setting& setting);

  void begin();

  void welcome(const std::string& welcome);
  void refuse(const std::string& reason);
  // REQUIRES: welcome() was called, unless the session is gone.
  void send(std::string order);
  void renew(uint64_t beat);
  // The worker is told the reason.
  void close(const std::string& reason);

  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnDone() override;

 private:
  enum class State { kDialled, kAsked, kOpen, kGone };

  // By the chain of reads.
  void hear();
  void hear_hello(const std::string& bytes);
  void hear_report(const std::string& bytes);
  void time_out();

  // With mutex_ held.
  bool is_over() const { return state_ == State::kGone || is_last_queued_; }
  void queue(proto::CoordinatorMessage message);
  void write_next();
  // Ends the session. `reason` is what the owner hears, if it is to hear one, and the worker too if
  // the stream can still take it.
  void end(std::optional<Error> reason, const grpc::Status& status);
  void finish(const grpc::Status& status);

  // Constant after construction.
  const SessionId id_;
  grpc::CallbackServerContext& call_;
  const Setting setting_;

  // Owned by the chain of reads.
  proto::WorkerMessage read_;

  std::mutex mutex_;
  // Guarded by mutex_.
  State state_ = State::kDialled;
  Outbox<proto::CoordinatorMessage> outbox_;
  bool is_last_queued_ = false;    // The session ends when the outbox is empty.
  bool is_finished_ = false;       // gRPC was told that the call is over.
  grpc::Status status_;            // How the call ends, once it has to.
  bool is_owner_waiting_ = false;  // It was told of a Hello and not yet that the session is gone.
  std::optional<Error> reason_;    // What it will be told.
  grpc::Alarm hello_alarm_;
  std::shared_ptr<ControlSession> self_;  // Until OnDone.
};

}  // namespace weir
