#include "runtime/http/http_connection.h"

#include "runtime/http/http_rules.h"

#include <boost/asio/buffer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>
#include <fmt/format.h>

#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

namespace weir {
namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;
using std::chrono::milliseconds;

using PlainStream = beast::tcp_stream;
using TlsStream = beast::ssl_stream<beast::tcp_stream>;

// How much more is read of a request that was refused, and for how long: a client that is still
// sending would not read the answer before, and a reset would take it away.
constexpr size_t kDrainedBytesMax = 1 << 20;
constexpr milliseconds kDrainedFor{1'000};

std::string_view view(beast::string_view text) { return {text.data(), text.size()}; }

// The answer to what cannot be read; absent if nobody waits for one.
std::optional<ApiReply> reply_to(const beast::error_code& error, const HttpOptions& options) {
  if (error == http::error::header_limit) {
    return error_reply(431, "user",
                       fmt::format("cannot read the request: its head has more than {} bytes",
                                   options.header_bytes_max));
  }
  if (error == http::error::body_limit) {
    return error_reply(413, "user",
                       fmt::format("cannot read the request: its body has more than {} bytes",
                                   options.body_bytes_max));
  }
  const auto& of_http = http::make_error_code(http::error::bad_method).category();
  const bool is_of_http = error.category() == of_http;
  if (!is_of_http || error == http::error::end_of_stream || error == http::error::partial_message) {
    return {};
  }
  return error_reply(400, "user",
                     fmt::format("cannot read the request: it is no HTTP ({})", error.message()));
}

template <typename Stream>
class Connection : public std::enable_shared_from_this<Connection<Stream>> {
 public:
  template <typename... Arguments>
  explicit Connection(const HttpService& service, Arguments&&... stream)
      : service_(service), stream_(std::forward<Arguments>(stream)...) {
    ++service_.connections;
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() { --service_.connections; }

  void begin() {
    if constexpr (std::is_same_v<Stream, TlsStream>) {
      expire_after(service_.options.request_timeout_ms);
      stream_.async_handshake(boost::asio::ssl::stream_base::server,
                              [self = this->shared_from_this()](const beast::error_code& error) {
                                if (!error) self->wait();
                              });
    } else {
      wait();
    }
  }

 private:
  // For the first bytes of a request.
  void wait() {
    parser_.emplace();
    parser_->header_limit(service_.options.header_bytes_max);
    parser_->body_limit(service_.options.body_bytes_max);
    expire_after(service_.options.idle_timeout_ms);
    http::async_read_some(
        stream_, buffer_, *parser_,
        [self = this->shared_from_this()](const beast::error_code& error, size_t) {
          if (error) return self->refuse_unread(error);
          self->expire_after(self->service_.options.request_timeout_ms);
          self->read_head();
        });
  }

  void read_head() {
    if (parser_->is_header_done()) return judge();
    http::async_read_header(
        stream_, buffer_, *parser_,
        [self = this->shared_from_this()](const beast::error_code& error, size_t) {
          if (error) return self->refuse_unread(error);
          self->judge();
        });
  }

  void judge() {
    const auto& head = parser_->get();
    const std::optional<ApiReply> refusal =
        refuse_request({.method = view(head.method_string()),
                        .target = view(head.target()),
                        .host = view(head[http::field::host]),
                        .origin = view(head[http::field::origin]),
                        .authorization = view(head[http::field::authorization]),
                        .presents_certificate = presents_certificate()},
                       service_.security);
    if (refusal) return reply(*refusal, parser_->is_done());
    const bool is_asking = beast::iequals(head[http::field::expect], "100-continue");
    if (is_asking && !parser_->is_done()) return go_on();
    read_body();
  }

  // Tells a client that asked before it sends a large body.
  void go_on() {
    auto message = std::make_shared<http::response<http::empty_body>>();
    message->version(11);
    message->result(http::status::continue_);
    http::async_write(
        stream_, *message,
        [self = this->shared_from_this(), message](const beast::error_code& error, size_t) {
          if (!error) self->read_body();
        });
  }

  void read_body() {
    if (parser_->is_done()) return answer();
    http::async_read(stream_, buffer_, *parser_,
                     [self = this->shared_from_this()](const beast::error_code& error, size_t) {
                       if (error) return self->refuse_unread(error);
                       self->answer();
                     });
  }

  void answer() {
    auto& message = parser_->get();
    ApiRequest request{.method = std::string(message.method_string()),
                       .target = std::string(message.target()),
                       .body = std::move(message.body()),
                       .content_type = std::string(message[http::field::content_type])};
    if (request.method == "HEAD") request.method = "GET";
    beast::get_lowest_layer(stream_).expires_never();
    const bool is_taken =
        service_.answer(std::move(request), [self = this->shared_from_this()](ApiReply answered) {
          self->reply(std::move(answered), true);
        });
    if (!is_taken) {
      reply(error_reply(503, "unavailable", "too many requests wait: try again later"), true);
    }
  }

  void refuse_unread(const beast::error_code& error) {
    if (const std::optional<ApiReply> refusal = reply_to(error, service_.options)) {
      reply(*refusal, false);
    }
  }

  // `can_go_on`: all of the request was read, so that another one may follow.
  void reply(ApiReply answer, bool can_go_on) {
    const auto& head = parser_->get();
    const bool keep_alive = can_go_on && head.keep_alive();
    reply_ = {};
    reply_.version(head.version() == 10 ? 10 : 11);
    reply_.result(static_cast<unsigned>(answer.status));
    reply_.keep_alive(keep_alive);
    if (!answer.content_type.empty()) {
      reply_.set(http::field::content_type, answer.content_type);
    }
    reply_.set(http::field::cache_control, "no-store");
    reply_.set("X-Content-Type-Options", "nosniff");
    if (answer.status == 401) reply_.set(http::field::www_authenticate, "Bearer");
    if (answer.status == 405) reply_.set(http::field::allow, "GET, HEAD, POST, DELETE");
    reply_.content_length(answer.body.size());
    if (head.method() != http::verb::head) reply_.body() = std::move(answer.body);
    expire_after(service_.options.reply_timeout_ms);
    http::async_write(
        stream_, reply_,
        [self = this->shared_from_this(), keep_alive](const beast::error_code& error, size_t) {
          if (error) return;
          if (keep_alive) return self->wait();
          self->hang_up();
        });
  }

  void hang_up() {
    if constexpr (std::is_same_v<Stream, TlsStream>) {
      expire_after(static_cast<int>(kDrainedFor.count()));
      // Takes what still comes until the client says goodbye too.
      stream_.async_shutdown(
          [self = this->shared_from_this()](const beast::error_code&) { self->drain(); });
    } else {
      beast::error_code ignored;
      stream_.socket().shutdown(boost::asio::ip::tcp::socket::shutdown_send, ignored);
      expire_after(static_cast<int>(kDrainedFor.count()));
      drain();
    }
  }

  void drain() {
    beast::get_lowest_layer(stream_).async_read_some(
        boost::asio::buffer(scratch_),
        [self = this->shared_from_this()](const beast::error_code& error, size_t bytes) {
          self->drained_ += bytes;
          if (!error && self->drained_ < kDrainedBytesMax) self->drain();
        });
  }

  bool presents_certificate() {
    if constexpr (std::is_same_v<Stream, TlsStream>) {
      // Verified in the handshake, or the connection would not have come so far.
      X509* certificate = SSL_get1_peer_certificate(stream_.native_handle());
      X509_free(certificate);
      return certificate != nullptr;
    } else {
      return false;
    }
  }

  void expire_after(int millis) {
    beast::get_lowest_layer(stream_).expires_after(milliseconds(millis));
  }

  const HttpService& service_;
  Stream stream_;
  beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  http::response<http::string_body> reply_;
  std::array<char, 4096> scratch_{};
  size_t drained_ = 0;
};

}  // namespace

void serve(boost::asio::ip::tcp::socket socket, const HttpService& service) {
  std::make_shared<Connection<PlainStream>>(service, std::move(socket))->begin();
}

void serve_tls(boost::asio::ip::tcp::socket socket, boost::asio::ssl::context& tls,
               const HttpService& service) {
  std::make_shared<Connection<TlsStream>>(service, std::move(socket), tls)->begin();
}

}  // namespace weir
