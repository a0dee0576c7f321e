#include "runtime/rpc/control_server.h"

#include "runtime/rpc/control_session.h"
#include "runtime/rpc/credentials.h"
#include "runtime/rpc/message_codec.h"
#include "runtime/rpc/thread_pool.h"

#include <fmt/format.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <proto/weir/control.grpc.pb.h>
#include <unordered_map>
#include <utility>
#include <vector>

namespace weir {
namespace {

// Tells a caller at once what is wrong with its call.
class RefusedStream final
    : public grpc::ServerBidiReactor<proto::WorkerMessage, proto::CoordinatorMessage> {
 public:
  explicit RefusedStream(const grpc::Status& status) { Finish(status); }
  void OnDone() override { delete this; }
};

grpc::Status wrong_token() {
  return {grpc::StatusCode::UNAUTHENTICATED, "the token is wrong or missing"};
}

grpc::Status shutting_down() {
  return {grpc::StatusCode::UNAVAILABLE, "the coordinator is shutting down"};
}

ApiRequest request_of(const proto::ApiRequest& in) {
  return {.method = in.method(),
          .target = in.target(),
          .body = in.body(),
          .content_type = in.content_type()};
}

}  // namespace

class ControlServer::Service final : public proto::Control::CallbackService {
 public:
  Service(Security security, Handlers handlers, const ControlOptions& options)
      : security_(std::move(security)),
        handlers_(std::move(handlers)),
        options_(options),
        api_(options.api_threads, options.api_waiting_max) {}
  ~Service() override { stop(); }

  Status start(HostPort address);
  const std::string& address() const { return address_; }

  void stop();

  // Null if it is gone.
  std::shared_ptr<ControlSession> find(SessionId id) {
    const std::scoped_lock lock(mutex_);
    const auto found = sessions_.find(id);
    return found == sessions_.end() ? nullptr : found->second;
  }

  grpc::ServerBidiReactor<proto::WorkerMessage, proto::CoordinatorMessage>* Work(
      grpc::CallbackServerContext* call) override;
  grpc::ServerUnaryReactor* Call(grpc::CallbackServerContext* call,
                                 const proto::ApiRequest* request, proto::ApiReply* reply) override;

 private:
  bool is_stopping() {
    const std::scoped_lock lock(mutex_);
    return is_stopping_;
  }
  void answer(const ApiRequest& request, proto::ApiReply& reply) const;
  void forget(SessionId id);

  // Constant after start().
  const Security security_;
  const Handlers handlers_;
  const ControlOptions options_;
  std::string address_;

  std::mutex mutex_;
  // Guarded by mutex_.
  std::condition_variable session_gone_;
  std::unordered_map<SessionId, std::shared_ptr<ControlSession>> sessions_;
  uint64_t last_session_ = 0;
  bool is_stopping_ = false;

  ThreadPool api_;
  std::unique_ptr<grpc::Server> server_;
};

Status ControlServer::Service::start(HostPort address) {
  const HostPort asked = {.host = address.host.empty() ? "::" : address.host, .port = address.port};
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort(to_text(asked), server_credentials(security_), &port);
  builder.RegisterService(this);
  builder.SetMaxReceiveMessageSize(received_bytes_max(options_));
  // Otherwise a second server on the same port would get half of the connections.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, options_.keepalive_time_ms);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, options_.keepalive_timeout_ms);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 1);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PING_STRIKES, 0);
  server_ = builder.BuildAndStart();
  if (server_ == nullptr || port == 0) {
    return user_error(fmt::format(
        "cannot listen on {}: another process has the port, or it is no address of this machine; "
        "give another one",
        to_text(address)));
  }
  address.port = static_cast<uint16_t>(port);
  address_ = to_text(address);
  return {};
}

grpc::ServerBidiReactor<proto::WorkerMessage, proto::CoordinatorMessage>*
ControlServer::Service::Work(grpc::CallbackServerContext* call) {
  if (!presents_token(*call, security_)) return new RefusedStream(wrong_token());
  std::shared_ptr<ControlSession> session;
  {
    const std::scoped_lock lock(mutex_);
    if (is_stopping_) return new RefusedStream(shutting_down());
    const SessionId id{++last_session_};
    session = std::make_shared<ControlSession>(
        id, *call,
        ControlSession::Setting{.handlers = handlers_,
                                .options = options_,
                                .done = [this](SessionId gone) { forget(gone); }});
    sessions_.emplace(id, session);
  }
  session->begin();
  return session.get();
}

grpc::ServerUnaryReactor* ControlServer::Service::Call(grpc::CallbackServerContext* call,
                                                       const proto::ApiRequest* request,
                                                       proto::ApiReply* reply) {
  grpc::ServerUnaryReactor* reactor = call->DefaultReactor();
  if (!presents_token(*call, security_)) {
    reactor->Finish(wrong_token());
    return reactor;
  }
  const bool is_added = api_.add([this, request, reply, reactor] {
    if (is_stopping()) return reactor->Finish(shutting_down());
    answer(request_of(*request), *reply);
    reactor->Finish(grpc::Status::OK);
  });
  if (!is_added) {
    reactor->Finish({grpc::StatusCode::UNAVAILABLE,
                     "the coordinator has too many requests to answer, or is shutting down"});
  }
  return reactor;
}

void ControlServer::Service::answer(const ApiRequest& request, proto::ApiReply& reply) const {
  const ApiReply answer = handlers_.api(request);
  if (answer.body.size() > options_.message_bytes_max) {
    reply.set_status(500);
    reply.set_body(fmt::format("the answer has {} bytes, at most {} can be sent",
                               answer.body.size(), options_.message_bytes_max));
    reply.set_content_type("text/plain");
    return;
  }
  reply.set_status(answer.status);
  reply.set_body(answer.body);
  reply.set_content_type(answer.content_type);
}

void ControlServer::Service::forget(SessionId id) {
  const std::scoped_lock lock(mutex_);
  sessions_.erase(id);
  session_gone_.notify_all();
}

void ControlServer::Service::stop() {
  if (server_ == nullptr) return;
  api_.close();
  std::vector<std::shared_ptr<ControlSession>> sessions;
  {
    const std::scoped_lock lock(mutex_);
    is_stopping_ = true;
    for (const auto& [id, session] : sessions_) sessions.push_back(session);
  }
  for (const std::shared_ptr<ControlSession>& session : sessions) {
    session->close("the coordinator is shutting down");
  }
  sessions.clear();
  // Those that do not end by themselves are cancelled.
  server_->Shutdown(std::chrono::system_clock::now() + std::chrono::milliseconds(200));
  std::unique_lock lock(mutex_);
  session_gone_.wait(lock, [this] { return sessions_.empty(); });
}

Result<std::unique_ptr<ControlServer>> ControlServer::listen(const std::string& address,
                                                             const Security& security,
                                                             Handlers handlers,
                                                             const ControlOptions& options) {
  TRY(check_listening(address, security));
  const HostPort parsed = TRY(parse_address(address));
  auto service = std::make_unique<Service>(security, std::move(handlers), options);
  TRY(service->start(parsed));
  return std::unique_ptr<ControlServer>(new ControlServer(std::move(service)));
}

ControlServer::ControlServer(std::unique_ptr<Service> service) : service_(std::move(service)) {}

ControlServer::~ControlServer() = default;

void ControlServer::stop() { service_->stop(); }

std::string ControlServer::address() const { return service_->address(); }

void ControlServer::welcome(SessionId session, const Welcome& welcome) {
  if (const auto found = service_->find(session)) found->welcome(encode_welcome(welcome));
}

void ControlServer::refuse(SessionId session, const std::string& reason) {
  if (const auto found = service_->find(session)) found->refuse(reason);
}

void ControlServer::turn_away(SessionId session, const std::string& reason) {
  if (const auto found = service_->find(session)) found->close(reason);
}

void ControlServer::send(SessionId session, const ToWorker& message) {
  if (const auto found = service_->find(session)) found->send(encode_to_worker(message));
}

void ControlServer::renew(SessionId session, uint64_t beat) {
  if (const auto found = service_->find(session)) found->renew(beat);
}

void ControlServer::close(SessionId session) {
  if (const auto found = service_->find(session)) {
    found->close("the coordinator has closed the connection");
  }
}

}  // namespace weir
