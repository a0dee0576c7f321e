// The thread of an Exchange, and all that belongs to it: the server that peers dial, the lives that
// are opened here, the streams that wait for a life to be opened, and the completion queue by which
// gRPC tells what happened.
//
// The functions at the top may be called by any thread but the loop's own; everything else runs on
// the loop's.
#pragma once

#include "runtime/exchange/exchange.h"
#include "runtime/exchange/peer_stream.h"
#include "runtime/exchange/wake_list.h"
#include "runtime/exchange/wire.h"

#include <grpcpp/alarm.h>
#include <grpcpp/grpcpp.h>

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace weir {

class ExchangeLoop {
 public:
  explicit ExchangeLoop(ExchangeOptions options);
  ExchangeLoop(const ExchangeLoop&) = delete;
  ExchangeLoop& operator=(const ExchangeLoop&) = delete;
  ~ExchangeLoop();

  // Once, before anything else.
  Status start(const std::string& address);
  // Ends the thread. What is called afterwards does nothing.
  void stop();

  const std::string& address() const { return address_; }

  // Gives the number by which the life is closed again.
  uint64_t open(ExchangeLife ends);
  void close(uint64_t life);
  void refuse_below(const std::string& job, Generation generation);

 private:
  // One life of a job.
  struct Life {
    uint64_t number = 0;
    std::string job;
    Generation generation;
    std::vector<std::unique_ptr<PeerStream>> streams;
    std::function<void(Error)> failed;
    bool has_failed = false;
  };

  // A stream that was accepted and belongs to no life yet.
  struct Guest final : Wire::Owner {
    Guest(ExchangeLoop& its_loop, Wire* its_wire, int64_t until)
        : loop(its_loop), wire(its_wire), until_us(until) {}
    void received(std::string_view message) override { loop.greeted(*this, message); }
    void writable() override {}
    void broken(Error /*error*/) override { loop.guests_.erase(this); }

    ExchangeLoop& loop;
    Wire* const wire;
    const int64_t until_us;
    std::optional<Hello> hello;
  };

  // Any thread. False if the loop has ended; nothing is done then.
  bool post(std::function<void()> command);
  // The same, and waits until it is done.
  void call(const std::function<void()>& command);

  void run();
  void run_commands();
  void pass_time(int64_t now_us);
  int64_t next_us() const;

  void begin(std::shared_ptr<Life> life);
  void fail(Life& life, const Error& error);
  void raise_floor(const std::string& job, Generation generation);
  Error too_old(const std::string& job, Generation generation) const;

  void accepted(Wire* wire);
  void greeted(Guest& guest, std::string_view message);
  // Gives the guest to the life it asks for, if there is one; refuses it if it is too old.
  void seat(Guest& guest);
  void turn_away(Guest& guest, const Error& error);

  // Constant after start().
  const ExchangeOptions options_;
  WireOptions wire_options_;
  std::string address_;
  grpc::AsyncGenericService service_;
  std::unique_ptr<grpc::ServerCompletionQueue> queue_;
  std::unique_ptr<grpc::Server> server_;
  std::shared_ptr<WakeList> wakes_;
  std::shared_ptr<WakeNode> mailbox_;  // On the list when there are commands.
  std::atomic<uint64_t> next_life_{1};
  std::thread thread_;

  std::mutex mutex_;
  // Guarded by mutex_.
  std::deque<std::function<void()>> commands_;
  bool takes_commands_ = true;

  // The bell: at most one alarm at a time is on its way.
  grpc::Alarm alarm_;
  std::atomic<bool> is_ringing_{false};
  MemberCompletion<ExchangeLoop> rung_{this, &ExchangeLoop::rung};
  void rung(bool /*ok*/) { is_ringing_.store(false); }

  // Owned by the thread.
  size_t live_wires_ = 0;
  std::unique_ptr<Acceptor> acceptor_;
  std::map<uint64_t, std::shared_ptr<Life>> lives_;
  std::map<std::string, Generation> floors_;  // By job.
  std::map<Guest*, std::unique_ptr<Guest>> guests_;
  bool is_ending_ = false;
};

}  // namespace weir
