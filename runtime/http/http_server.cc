#include "runtime/http/http_server.h"

#include "runtime/http/http_connection.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <fmt/format.h>
#include <openssl/ssl.h>

#include <atomic>
#include <chrono>
#include <optional>
#include <thread>
#include <utility>

namespace weir {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

// When accepting fails, as without descriptors, for a while nothing else will do.
constexpr std::chrono::milliseconds kAcceptPause{100};

Error cannot_listen(const HostPort& address, const std::string& trouble) {
  return user_error(
      fmt::format("cannot listen on {}: {}; give another address", to_text(address), trouble));
}

Error cannot_use(std::string_view what, const boost::system::error_code& error) {
  return user_error(fmt::format("cannot use the {}: {}", what, error.message()));
}

Status set_up(asio::ssl::context& tls, const Security& security) {
  SSL_CTX* native = tls.native_handle();
  SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
  // A session that goes on would have to go on with who its client is.
  SSL_CTX_set_session_cache_mode(native, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(native, 0);
  SSL_CTX_set_options(native, SSL_OP_NO_TICKET);
  boost::system::error_code error;
  tls.use_certificate_chain(asio::buffer(security.tls_cert), error);
  if (error) return cannot_use("certificate", error);
  tls.use_private_key(asio::buffer(security.tls_key), asio::ssl::context::pem, error);
  if (error) return cannot_use("key", error);
  if (!security.has_authority()) return {};
  tls.add_certificate_authority(asio::buffer(security.tls_ca), error);
  if (error) return cannot_use("authority", error);
  // Who presents none comes in, as far as http_rules.h lets it.
  tls.set_verify_mode(asio::ssl::verify_peer, error);
  if (error) return cannot_use("authority", error);
  return {};
}

}  // namespace

class HttpServer::Listener {
 public:
  Listener(Security security, Handler handler, const HttpOptions& options)
      : security_(std::move(security)),
        handler_(std::move(handler)),
        options_(options),
        service_{.security = security_,
                 .options = options_,
                 .answer =
                     [this](ApiRequest request, std::function<void(ApiReply)> done) {
                       return answer(std::move(request), std::move(done));
                     },
                 .connections = connections_},
        acceptor_(network_),
        pause_(network_),
        pool_(options.handler_threads) {}
  ~Listener();

  Status start(HostPort address);
  const std::string& address() const { return address_; }

 private:
  Status open_any(const HostPort& address);
  Status open(const HostPort& address);
  void accept();
  void take(tcp::socket socket);
  bool answer(ApiRequest request, std::function<void(ApiReply)> done);

  // Constant after start().
  const Security security_;
  const Handler handler_;
  const HttpOptions options_;
  std::string address_;
  std::atomic<size_t> connections_ = 0;
  std::atomic<size_t> waiting_ = 0;  // Requests that no thread has begun with.
  const HttpService service_;
  std::optional<asio::ssl::context> tls_;

  asio::io_context network_{1};
  // Owned by the thread of the network.
  tcp::acceptor acceptor_;
  asio::steady_timer pause_;

  asio::thread_pool pool_;
  std::thread thread_;
};

HttpServer::Listener::~Listener() {
  // What waits is dropped; what runs is waited for.
  pool_.stop();
  pool_.join();
  network_.stop();
  if (thread_.joinable()) thread_.join();
}

Status HttpServer::Listener::start(HostPort address) {
  if (security_.has_certificate()) {
    tls_.emplace(asio::ssl::context::tls_server);
    TRY(set_up(*tls_, security_));
  }
  TRY(open_any(address));
  boost::system::error_code error;
  address.port = acceptor_.local_endpoint(error).port();
  if (error) return cannot_listen(address, error.message());
  address_ = to_text(address);
  accept();
  thread_ = std::thread([this] { network_.run(); });
  return {};
}

// Without a host: all addresses, of both kinds where the machine has both.
Status HttpServer::Listener::open_any(const HostPort& address) {
  if (!address.host.empty()) return open(address);
  if (open({.host = "::", .port = address.port}).ok()) return {};
  return open({.host = "0.0.0.0", .port = address.port});
}

Status HttpServer::Listener::open(const HostPort& address) {
  boost::system::error_code error;
  tcp::resolver resolver(network_);
  const auto found = resolver.resolve(address.host, std::to_string(address.port),
                                      tcp::resolver::numeric_service, error);
  if (error) return cannot_listen(address, error.message());
  const tcp::endpoint endpoint = *found.begin();
  if (acceptor_.is_open()) acceptor_.close(error);
  acceptor_.open(endpoint.protocol(), error);
  if (error) return cannot_listen(address, error.message());
  acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
  if (address.host == "::") acceptor_.set_option(asio::ip::v6_only(false), error);
  acceptor_.bind(endpoint, error);
  if (error) return cannot_listen(address, error.message());
  acceptor_.listen(asio::socket_base::max_listen_connections, error);
  if (error) return cannot_listen(address, error.message());
  return {};
}

void HttpServer::Listener::accept() {
  acceptor_.async_accept([this](const boost::system::error_code& error, tcp::socket socket) {
    if (!error) {
      take(std::move(socket));
      return accept();
    }
    pause_.expires_after(kAcceptPause);
    pause_.async_wait([this](const boost::system::error_code&) { accept(); });
  });
}

void HttpServer::Listener::take(tcp::socket socket) {
  if (connections_ >= options_.connections_max) return;
  boost::system::error_code ignored;
  socket.set_option(tcp::no_delay(true), ignored);
  if (tls_) {
    serve_tls(std::move(socket), *tls_, service_);
  } else {
    serve(std::move(socket), service_);
  }
}

bool HttpServer::Listener::answer(ApiRequest request, std::function<void(ApiReply)> done) {
  if (waiting_ >= options_.waiting_max) return false;
  ++waiting_;
  asio::post(pool_, [this, request = std::move(request), done = std::move(done)]() mutable {
    --waiting_;
    ApiReply reply = handler_(request);
    asio::post(network_, [done = std::move(done), reply = std::move(reply)]() mutable {
      done(std::move(reply));
    });
  });
  return true;
}

Result<std::unique_ptr<HttpServer>> HttpServer::listen(const std::string& address,
                                                       const Security& security, Handler handler,
                                                       const HttpOptions& options) {
  TRY(check_listening(address, security));
  const HostPort parsed = TRY(parse_address(address));
  auto listener = std::make_unique<Listener>(security, std::move(handler), options);
  TRY(listener->start(parsed));
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(listener)));
}

HttpServer::HttpServer(std::unique_ptr<Listener> listener) : listener_(std::move(listener)) {}

HttpServer::~HttpServer() = default;

std::string HttpServer::address() const { return listener_->address(); }

}  // namespace weir
