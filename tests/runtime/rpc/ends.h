// Both ends of the control plane as tests look at them: what their owners hear, in order, as text.
#pragma once

#include "engine/sql/sql.h"
#include "runtime/rpc/control_client.h"
#include "runtime/rpc/control_server.h"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

namespace weir {

// What has been heard and not been taken yet.
class Heard {
 public:
  void add(std::string what) {
    const std::scoped_lock lock(mutex_);
    waiting_.push_back(std::move(what));
    changed_.notify_all();
  }

  // The next thing. Nothing here takes as long as it waits: that bounds how long a bug hangs.
  std::string next() {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, std::chrono::seconds(60), [this] { return !waiting_.empty(); })) {
      return "nothing came";
    }
    std::string what = std::move(waiting_.front());
    waiting_.pop_front();
    return what;
  }

  bool is_empty() {
    const std::scoped_lock lock(mutex_);
    return waiting_.empty();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::string> waiting_;
};

inline std::string error_text(const Error& error) {
  return fmt::format("broken ({}): {}", to_text(error.kind), error.message);
}

// What a test hears of a message.
inline std::string heard(const ToWorker& message) {
  return fmt::format("order {} {} of {}", message.what.index(), message.generation.value(),
                     message.job);
}
inline std::string heard(const FromWorker& message) {
  return fmt::format("report {} {} of {}", message.what.index(), message.generation.value(),
                     message.job);
}

// A coordinator that answers nothing by itself.
class Coordinator {
 public:
  explicit Coordinator(const Security& security = {}, const ControlOptions& options = {},
                       const std::string& address = "127.0.0.1:0") {
    Result<std::unique_ptr<ControlServer>> listening =
        ControlServer::listen(address, security, handlers(), options);
    INFO((listening.ok() ? "" : listening.error().message));
    REQUIRE(listening.ok());
    server_ = std::move(listening).value();
  }

  ControlServer& server() { return *server_; }
  std::string address() const { return server_->address(); }
  std::string next() { return heard_.next(); }
  Heard& heard() { return heard_; }
  // Takes the next hello, and welcomes the worker.
  SessionId admit() {
    REQUIRE_THAT(next(), Catch::StartsWith("hello"));
    server_->welcome(session_, {.worker = session_.value(), .lease_us = 1});
    return session_;
  }
  // Of the last hello.
  SessionId session() const { return session_; }
  void set_api(std::function<ApiReply(const ApiRequest&)> api) { api_ = std::move(api); }
  void stop() { server_.reset(); }

 private:
  ControlServer::Handlers handlers() {
    return {
        .hello =
            [this](SessionId session, const Hello& hello) {
              session_ = session;
              heard_.add("hello " + hello.version);
            },
        .message =
            [this](SessionId, const FromWorker& message) {
              heard_.add(fmt::format("report {} {} of {}", message.what.index(),
                                     message.generation.value(), message.job));
            },
        .heartbeat = [this](SessionId, uint64_t beat) { heard_.add(fmt::format("beat {}", beat)); },
        .broken = [this](SessionId, const Error& reason) { heard_.add(error_text(reason)); },
        .api = [this](const ApiRequest& request) { return api_(request); }};
  }

  Heard heard_;
  SessionId session_;  // Read only after what was heard of it.
  std::function<ApiReply(const ApiRequest&)> api_;
  std::unique_ptr<ControlServer> server_;
};

class Worker {
 public:
  explicit Worker(const Security& security = {}, const ControlOptions& options = {})
      : client_(std::make_unique<ControlClient>(security, sql_expression, handlers(), options)) {}

  void connect(const std::string& address) { client_->connect(address, {.version = "v1"}); }
  ControlClient& client() { return *client_; }
  std::string next() { return heard_.next(); }
  Heard& heard() { return heard_; }
  void stop() { client_.reset(); }

 private:
  ControlClient::Handlers handlers() {
    return {.welcomed =
                [this](const Welcome& welcome) {
                  heard_.add(fmt::format("welcome {}", welcome.worker));
                },
            .refused = [this](const std::string& reason) { heard_.add("refused: " + reason); },
            .message = [this](const ToWorker& message) { heard_.add(weir::heard(message)); },
            .renewed = [this](uint64_t beat) { heard_.add(fmt::format("renewed {}", beat)); },
            .broken = [this](const Error& reason) { heard_.add(error_text(reason)); }};
  }

  Heard heard_;
  std::unique_ptr<ControlClient> client_;
};

}  // namespace weir
