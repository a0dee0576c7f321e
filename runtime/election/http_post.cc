#include "runtime/election/http_post.h"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <fmt/format.h>
#include <openssl/ssl.h>

#include <optional>
#include <utility>

namespace weir {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;

constexpr uint64_t kReplyBytesMax = 1 << 20;

Error cannot(const HttpPost& post, const char* what, const error_code& error) {
  const bool is_late = error == asio::error::timed_out;
  return unavailable(fmt::format("cannot {} {}: {}", what, to_text(post.server),
                                 is_late ? "no answer in time" : error.message()));
}

Status set_up(asio::ssl::context& context, const Security& security) {
  SSL_CTX_set_min_proto_version(context.native_handle(), TLS1_2_VERSION);
  error_code error;
  context.set_verify_mode(asio::ssl::verify_peer, error);
  context.add_certificate_authority(asio::buffer(security.tls_ca), error);
  if (error) return user_error("cannot use the authority: " + error.message());
  if (!security.has_certificate()) return {};
  context.use_certificate_chain(asio::buffer(security.tls_cert), error);
  if (error) return user_error("cannot use the certificate: " + error.message());
  context.use_private_key(asio::buffer(security.tls_key), asio::ssl::context::pem, error);
  if (error) return user_error("cannot use the key: " + error.message());
  return {};
}

// The steps of one call in a row, each within what is left of the time.
class Exchange {
 public:
  Exchange(const HttpPost& post, std::chrono::milliseconds timeout)
      : post_(post), until_(std::chrono::steady_clock::now() + timeout) {}

  Result<ApiReply> run() {
    TRY(connect());
    if (post_.tls == nullptr) return speak(socket_);
    asio::ssl::context context(asio::ssl::context::tls_client);
    TRY(set_up(context, *post_.tls));
    asio::ssl::stream<tcp::socket&> stream(socket_, context);
    TRY(shake_hands(stream));
    return speak(stream);
  }

 private:
  // Starts something asynchronous, and waits for how it ends.
  template <typename Start>
  error_code finish(Start start) {
    std::optional<error_code> done;
    start([&done](const error_code& error, auto&&...) { done = error; });
    network_.restart();
    network_.run_until(until_);
    if (done.has_value()) return *done;
    resolver_.cancel();
    error_code ignored;
    socket_.close(ignored);
    // What was started refers to what is here.
    network_.restart();
    network_.run();
    return asio::error::timed_out;
  }

  Status connect() {
    tcp::resolver::results_type found;
    const error_code unknown = finish([&](auto done) {
      resolver_.async_resolve(
          post_.server.host, std::to_string(post_.server.port), tcp::resolver::numeric_service,
          [done, &found](const error_code& error, tcp::resolver::results_type results) mutable {
            found = std::move(results);
            done(error);
          });
    });
    if (unknown) return cannot(post_, "find", unknown);
    const error_code refused =
        finish([&](auto done) { asio::async_connect(socket_, found, std::move(done)); });
    if (refused) return cannot(post_, "reach", refused);
    error_code ignored;
    socket_.set_option(tcp::no_delay(true), ignored);
    return {};
  }

  Status shake_hands(asio::ssl::stream<tcp::socket&>& stream) {
    const std::string& host = post_.server.host;
    error_code error;
    asio::ip::make_address(host, error);
    // Servers are told the name that is asked for; an address is none.
    if (error) SSL_set_tlsext_host_name(stream.native_handle(), host.c_str());
    error_code ignored;
    stream.set_verify_callback(asio::ssl::host_name_verification(host), ignored);
    const error_code failed = finish([&](auto done) {
      stream.async_handshake(asio::ssl::stream_base::client, std::move(done));
    });
    if (failed) return cannot(post_, "speak TLS with", failed);
    return {};
  }

  template <typename Stream>
  Result<ApiReply> speak(Stream& stream) {
    http::request<http::string_body> request(http::verb::post, post_.target, 11);
    request.set(http::field::host, to_text(post_.server));
    request.set(http::field::content_type, "application/json");
    request.keep_alive(false);
    request.body() = post_.body;
    request.prepare_payload();
    const error_code unsent =
        finish([&](auto done) { http::async_write(stream, request, std::move(done)); });
    if (unsent) return cannot(post_, "send to", unsent);
    boost::beast::flat_buffer buffer;
    http::response_parser<http::string_body> parser;
    parser.body_limit(kReplyBytesMax);
    const error_code unread =
        finish([&](auto done) { http::async_read(stream, buffer, parser, std::move(done)); });
    if (unread) return cannot(post_, "hear from", unread);
    http::response<http::string_body>& reply = parser.get();
    return ApiReply{.status = static_cast<int>(reply.result_int()),
                    .body = std::move(reply.body()),
                    .content_type = std::string(reply[http::field::content_type])};
  }

  const HttpPost& post_;
  const std::chrono::steady_clock::time_point until_;
  asio::io_context network_{1};
  tcp::resolver resolver_{network_};
  tcp::socket socket_{network_};
};

}  // namespace

Result<ApiReply> send_post(const HttpPost& post, std::chrono::milliseconds timeout) {
  Exchange exchange(post, timeout);
  return exchange.run();
}

}  // namespace weir
