#include "runtime/rpc/control_client.h"

#include "runtime/rpc/control_connection.h"
#include "runtime/rpc/credentials.h"
#include "runtime/rpc/message_codec.h"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <limits>
#include <mutex>
#include <optional>
#include <random>
#include <utility>

namespace weir {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kFirstPause{100};
constexpr milliseconds kLongestPause{3'000};
// Of a command that has another coordinator to ask.
constexpr milliseconds kConnectPatience{3'000};
constexpr int kUnavailableStatus = 503;

// Of an attempt after so many that were not welcomed: between half of the pause and all of it.
milliseconds pause_before(uint32_t failures) {
  if (failures == 0) return milliseconds{0};
  const milliseconds pause =
      std::min(kLongestPause, kFirstPause * (1 << std::min(failures - 1, 9U)));
  std::random_device random;
  return pause -
         std::uniform_int_distribution<int>(0, static_cast<int>(pause.count() / 2))(random) *
             milliseconds{1};
}

std::vector<std::string> split(const std::string& addresses) {
  std::vector<std::string> parts;
  size_t begin = 0;
  for (size_t comma = 0; comma != std::string::npos; begin = comma + 1) {
    comma = addresses.find(',', begin);
    parts.push_back(addresses.substr(begin, comma - begin));
  }
  return parts;
}

}  // namespace

class ControlClient::Dialler {
 public:
  Dialler(const Security& security, ExpressionReader reader, Handlers handlers,
          const ControlOptions& options)
      : security_(security),
        reader_(std::move(reader)),
        handlers_(std::move(handlers)),
        options_(options),
        aftermath_(1, std::numeric_limits<size_t>::max()) {}
  ~Dialler() { stop(); }

  void stop();
  void connect(const std::string& address, const Hello& hello);
  void disconnect();
  // The one of the last connect(), or null.
  std::shared_ptr<ControlConnection> current() {
    const std::scoped_lock lock(mutex_);
    return current_;
  }

 private:
  void welcomed();
  void keep(std::shared_ptr<grpc::Channel> channel);
  void done();

  // Constant after construction.
  const Security security_;
  const ExpressionReader reader_;
  const Handlers handlers_;
  const ControlOptions options_;

  std::mutex calling_;  // Held while a handler runs.

  std::mutex mutex_;
  // Guarded by mutex_.
  std::condition_variable one_done_;
  bool is_stopped_ = false;
  size_t alive_ = 0;  // Connections that may still call a handler.
  size_t attempts_ = 0;
  uint32_t failures_ = 0;  // Attempts in a row that were not welcomed.
  std::shared_ptr<ControlConnection> current_;
  std::shared_ptr<grpc::Channel> channel_;  // Of the last connection that was made.

  ThreadPool aftermath_;
};

void ControlClient::Dialler::stop() {
  {
    const std::scoped_lock lock(mutex_);
    is_stopped_ = true;
  }
  disconnect();
  std::unique_lock lock(mutex_);
  one_done_.wait(lock, [this] { return alive_ == 0; });
}

void ControlClient::Dialler::connect(const std::string& address, const Hello& hello) {
  disconnect();
  const std::vector<std::string> addresses = split(address);
  size_t turn = 0;
  {
    const std::scoped_lock lock(mutex_);
    turn = attempts_++;
  }
  auto connection = std::make_shared<ControlConnection>(ControlConnection::Setting{
      .handlers = handlers_,
      .options = options_,
      .security = security_,
      .reader = reader_,
      .address = addresses[turn % addresses.size()],
      .hello = encode_hello(hello),
      .welcomed = [this] { welcomed(); },
      .keep = [this](std::shared_ptr<grpc::Channel> channel) { keep(std::move(channel)); },
      .aftermath = aftermath_,
      .calling = calling_,
      .done = [this] { done(); }});
  milliseconds pause{};
  {
    const std::scoped_lock lock(mutex_);
    if (is_stopped_) return;
    // A round of all addresses counts as one attempt.
    pause = pause_before(failures_++ / static_cast<uint32_t>(addresses.size()));
    ++alive_;
    current_ = connection;
  }
  connection->begin(pause);
}

void ControlClient::Dialler::disconnect() {
  std::shared_ptr<ControlConnection> dropped;
  {
    const std::scoped_lock lock(mutex_);
    dropped = std::move(current_);
  }
  if (dropped != nullptr) dropped->drop();
}

void ControlClient::Dialler::welcomed() {
  const std::scoped_lock lock(mutex_);
  failures_ = 0;
}

void ControlClient::Dialler::keep(std::shared_ptr<grpc::Channel> channel) {
  const std::scoped_lock lock(mutex_);
  channel_.swap(channel);
}

void ControlClient::Dialler::done() {
  const std::scoped_lock lock(mutex_);
  --alive_;
  one_done_.notify_all();
}

ControlClient::ControlClient(const Security& security, ExpressionReader reader, Handlers handlers,
                             const ControlOptions& options)
    : dialler_(
          std::make_unique<Dialler>(security, std::move(reader), std::move(handlers), options)) {}

ControlClient::~ControlClient() = default;

void ControlClient::connect(const std::string& address, const Hello& hello) {
  dialler_->connect(address, hello);
}

void ControlClient::stop() { dialler_->stop(); }

void ControlClient::disconnect() { dialler_->disconnect(); }

void ControlClient::send(const FromWorker& message) {
  if (const auto current = dialler_->current()) current->send(encode_from_worker(message));
}

void ControlClient::beat(uint64_t number) {
  if (const auto current = dialler_->current()) current->beat(number);
}

namespace {

// Whether a connection stands by then. A peer that is frozen takes connections and says nothing.
bool connects(grpc::Channel& channel, std::chrono::system_clock::time_point until) {
  for (;;) {
    const grpc_connectivity_state state = channel.GetState(true);
    if (state == GRPC_CHANNEL_READY) return true;
    if (state == GRPC_CHANNEL_TRANSIENT_FAILURE) return false;
    if (!channel.WaitForStateChange(state, until)) return false;
  }
}

grpc::Status call(proto::Control::Stub& stub, const Security& security, const ApiRequest& request,
                  milliseconds timeout, proto::ApiReply& reply) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + timeout);
  present_token(context, security);
  proto::ApiRequest asked;
  asked.set_method(request.method);
  asked.set_target(request.target);
  asked.set_body(request.body);
  asked.set_content_type(request.content_type);
  return stub.Call(&context, asked, &reply);
}

// `patience`: for the connection alone; absent: `timeout` is for all.
Result<ApiReply> call_one(const std::string& address, const Security& security,
                          const ApiRequest& request, milliseconds timeout,
                          std::optional<milliseconds> patience) {
  const ControlOptions options;
  if (request.body.size() > options.message_bytes_max) {
    return user_error(fmt::format("cannot send a request of {} bytes: at most {} will do",
                                  request.body.size(), options.message_bytes_max));
  }
  const HostPort parsed = TRY(parse_address(address));
  const std::shared_ptr<grpc::Channel> channel =
      control_channel(to_text(parsed), security, options);
  if (patience && !connects(*channel, std::chrono::system_clock::now() + *patience)) {
    const grpc::Status unreachable(grpc::StatusCode::UNAVAILABLE, "no connection");
    return call_error(unreachable, address, security);
  }
  const auto stub = proto::Control::NewStub(channel);
  proto::ApiReply reply;
  const grpc::Status status = call(*stub, security, request, timeout, reply);
  if (!status.ok()) return call_error(status, address, security);
  return ApiReply{
      .status = reply.status(), .body = reply.body(), .content_type = reply.content_type()};
}

}  // namespace

Result<ApiReply> call_api(const std::string& address, const Security& security,
                          const ApiRequest& request, milliseconds timeout) {
  return call_one(address, security, request, timeout, std::nullopt);
}

ApiCaller::ApiCaller(const std::string& addresses, Security security)
    : addresses_(split(addresses)), security_(std::move(security)) {}

Result<ApiReply> ApiCaller::call(const ApiRequest& request, milliseconds timeout) {
  const size_t count = addresses_.size();
  if (count == 1) return call_api(addresses_.front(), security_, request, timeout);
  // What one of them says is worth more than that another cannot be reached.
  std::optional<Result<ApiReply>> best;
  const size_t first = first_;
  for (size_t i = 0; i < count; ++i) {
    const size_t turn = (first + i) % count;
    Result<ApiReply> reply =
        call_one(addresses_[turn], security_, request, timeout, kConnectPatience);
    const bool is_next = reply.ok() ? reply->status == kUnavailableStatus
                                    : reply.error().kind == ErrorKind::kUnavailable;
    if (!is_next) {
      first_ = turn;
      return reply;
    }
    if (!best.has_value() || (!best->ok() && reply.ok())) best = std::move(reply);
  }
  return *std::move(best);
}

}  // namespace weir
