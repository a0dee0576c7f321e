// Goal: requests are answered as HTTP has it, and nothing that a client does wrong, sends too much
// of or does too slowly disturbs others. Method: bytes over loopback.
#include "runtime/http/http_server.h"

#include "tests/runtime/messages/certificates.h"
#include "tests/runtime/rpc/wire.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>
#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <future>
#include <memory>
#include <string>

namespace weir {
namespace {

using Catch::Contains;
using Catch::EndsWith;
using Catch::StartsWith;

ApiReply echo(const ApiRequest& request) {
  return {.status = 201,
          .body = fmt::format("{} {} {} [{}]", request.method, request.target, request.content_type,
                              request.body),
          .content_type = "text/plain"};
}

std::unique_ptr<HttpServer> serve_with(HttpServer::Handler handler, const HttpOptions& options = {},
                                       const Security& security = {}) {
  Result<std::unique_ptr<HttpServer>> server =
      HttpServer::listen("127.0.0.1:0", security, std::move(handler), options);
  INFO((server.ok() ? "" : server.error().message));
  REQUIRE(server.ok());
  return std::move(server).value();
}

// All that comes back, until the server hangs up.
std::string answers(const HttpServer& server, const std::string& bytes) {
  const Socket socket = Socket::dial(server.address());
  socket.send(bytes);
  return socket.receive_all();
}

constexpr const char* kGet = "GET /x?y=z HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

TEST_CASE("AnswersARequest") {
  const auto server = serve_with(echo);
  const std::string reply =
      answers(*server,
              "POST /jobs?a=b HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
              "Content-Type: application/sql\r\nContent-Length: 8\r\n\r\nSELECT 1");
  CHECK_THAT(reply, StartsWith("HTTP/1.1 201 Created\r\n"));
  CHECK_THAT(reply, Contains("Content-Type: text/plain\r\n"));
  CHECK_THAT(reply, EndsWith("\r\n\r\nPOST /jobs?a=b application/sql [SELECT 1]"));
}

TEST_CASE("ManyRequestsGoOverOneConnectionInOrder") {
  const auto server = serve_with(echo);
  std::string requests;
  for (int i = 0; i < 20; ++i) {
    requests += fmt::format("GET /{} HTTP/1.1\r\nHost: localhost\r\n\r\n", i);
  }
  const std::string replies = answers(*server, requests + kGet);
  size_t at = 0;
  for (int i = 0; i < 20; ++i) {
    at = replies.find(fmt::format("GET /{}  []", i), at);
    REQUIRE(at != std::string::npos);
  }
  CHECK_THAT(replies, EndsWith("GET /x?y=z  []"));
}

TEST_CASE("AHeadIsAGetWithoutItsBody") {
  const auto server = serve_with(echo);
  const std::string reply =
      answers(*server, "HEAD /x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  CHECK_THAT(reply, Contains("Content-Length: 10\r\n") && EndsWith("\r\n\r\n"));
}

TEST_CASE("AnOldClientGetsAnAnswerAndAnEnd") {
  const auto server = serve_with(echo);
  CHECK_THAT(answers(*server, "GET /old HTTP/1.0\r\nHost: localhost\r\n\r\n"),
             StartsWith("HTTP/1.0 201") && EndsWith("GET /old  []"));
}

TEST_CASE("AChunkedBodyIsRead") {
  const auto server = serve_with(echo);
  CHECK_THAT(answers(*server,
                     "POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                     "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"),
             EndsWith("[abcde]"));
}

TEST_CASE("AClientThatAsksBeforeItSendsIsToldToGoOn") {
  const auto server = serve_with(echo);
  const Socket socket = Socket::dial(server->address());
  socket.send(
      "POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
      "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  CHECK_THAT(socket.receive(), StartsWith("HTTP/1.1 100 Continue\r\n"));
  socket.send("ok");
  CHECK_THAT(socket.receive_all(), EndsWith("[ok]"));
}

TEST_CASE("WhatIsNoHttpIsRefused") {
  const auto server = serve_with(echo);
  for (const char* bytes : {"hello\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "GET /\r\n\r\n",
                            "GET / HTTP/1.1\r\nno colon\r\n\r\n",
                            "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n",
                            "\x16\x03\x01\x02\x01\x01\x01\xfc\x03\x03\r\n\r\n"}) {
    INFO(bytes);
    const std::string reply = answers(*server, bytes);
    CHECK_THAT(reply, StartsWith("HTTP/1.1 400 ") && Contains("{\"error\":{\"kind\":\"user\""));
  }
  CHECK_THAT(answers(*server, kGet), StartsWith("HTTP/1.1 201"));
}

TEST_CASE("WhatIsTooLargeIsRefusedBeforeItIsRead") {
  const auto server = serve_with(echo, {.header_bytes_max = 1'000, .body_bytes_max = 1'000});
  CHECK_THAT(answers(*server, "GET / HTTP/1.1\r\nX: " + std::string(5'000, 'x')),
             StartsWith("HTTP/1.1 431 "));
  CHECK_THAT(answers(*server, "GET /" + std::string(5'000, 'x')), StartsWith("HTTP/1.1 431 "));
  CHECK_THAT(answers(*server, "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1001\r\n\r\n"),
             StartsWith("HTTP/1.1 413 "));
  CHECK_THAT(answers(*server,
                     "POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
                     "400\r\n" +
                         std::string(1'024, 'x') + "\r\n0\r\n\r\n"),
             StartsWith("HTTP/1.1 413 "));
}

TEST_CASE("SlowClientsAreLetGo") {
  const auto idle = serve_with(echo, {.idle_timeout_ms = 10});
  CHECK(answers(*idle, "").empty());
  const auto slow = serve_with(echo, {.request_timeout_ms = 10});
  CHECK(
      answers(*slow, "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nab").empty());
}

TEST_CASE("AHandlerThatBlocksBlocksNobodyElse") {
  std::promise<void> release;
  const auto server = serve_with([&](const ApiRequest& request) {
    if (request.target == "/slow") release.get_future().wait();
    return ApiReply{.body = request.target};
  });
  const Socket slow = Socket::dial(server->address());
  slow.send("GET /slow HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  CHECK_THAT(answers(*server, kGet), EndsWith("/x?y=z"));
  release.set_value();
  CHECK_THAT(slow.receive_all(), EndsWith("/slow"));
}

TEST_CASE("TooManyRequestsAreTurnedAway") {
  const auto server = serve_with(echo, {.waiting_max = 0});
  CHECK_THAT(answers(*server, kGet), StartsWith("HTTP/1.1 503 "));
}

TEST_CASE("TooManyConnectionsAreTurnedAway") {
  const auto server = serve_with(echo, {.connections_max = 1});
  const Socket first = Socket::dial(server->address());
  first.send("GET /first HTTP/1.1\r\nHost: localhost\r\n\r\n");
  REQUIRE_THAT(first.receive(), Contains("201"));
  CHECK(answers(*server, kGet).empty());
}

TEST_CASE("AServerThatEndsWaitsForItsHandlerAlone") {
  std::promise<void> started;
  std::promise<void> release;
  auto server = serve_with([&](const ApiRequest&) {
    started.set_value();
    release.get_future().wait();
    return ApiReply{};
  });
  const Socket idle = Socket::dial(server->address());
  const Socket busy = Socket::dial(server->address());
  busy.send(kGet);
  started.get_future().wait();
  std::future<void> ended = std::async(std::launch::async, [&] { server.reset(); });
  release.set_value();
  ended.wait();
  CHECK(idle.receive_all().empty());
}

TEST_CASE("APortInUseIsRefused") {
  const auto server = serve_with(echo);
  const auto second = HttpServer::listen(server->address(), {}, echo);
  REQUIRE_FALSE(second.ok());
  CHECK(second.error().kind == ErrorKind::kUser);
  CHECK_THAT(second.error().message, Contains(server->address()));
}

TEST_CASE("AnAddressThatOthersReachNeedsSecurity") {
  CHECK_FALSE(HttpServer::listen(":0", {}, echo).ok());
  const auto server = HttpServer::listen(":0", {.token = "t"}, echo);
  REQUIRE(server.ok());
  const HostPort address = parse_address((*server)->address()).value();
  CHECK(address.host.empty());
  const Socket socket = Socket::dial(fmt::format("127.0.0.1:{}", address.port));
  socket.send(kGet);
  CHECK_THAT(socket.receive_all(),
             StartsWith("HTTP/1.1 401 ") && Contains("WWW-Authenticate: Bearer\r\n"));
}

// A client that speaks TLS; what it heard, or "no TLS: ..." with what went wrong.
std::string answers_over_tls(const HttpServer& server, const Security& security,
                             const std::string& bytes) {
  namespace asio = boost::asio;
  boost::system::error_code error;
  asio::io_context network;
  asio::ssl::context tls(asio::ssl::context::tls_client);
  tls.add_certificate_authority(asio::buffer(security.tls_ca));
  tls.set_verify_mode(asio::ssl::verify_peer);
  if (security.has_certificate()) {
    tls.use_certificate_chain(asio::buffer(security.tls_cert));
    tls.use_private_key(asio::buffer(security.tls_key), asio::ssl::context::pem);
  }
  asio::ssl::stream<asio::ip::tcp::socket> stream(network, tls);
  const HostPort address = parse_address(server.address()).value();
  stream.lowest_layer().connect({asio::ip::make_address(address.host), address.port});
  stream.handshake(asio::ssl::stream_base::client, error);
  if (!error) asio::write(stream, asio::buffer(bytes), error);
  std::string reply;
  if (!error) asio::read(stream, asio::dynamic_buffer(reply), error);
  return reply.empty() ? "no TLS: " + error.message() : reply;
}

TEST_CASE("OverTlsWhoPresentsACertificateGetsIn") {
  const Authority authority("ours");
  const Security coordinator = authority.issue("coordinator");
  const auto server = serve_with(echo, {}, coordinator);
  CHECK_THAT(answers_over_tls(*server, authority.issue("user"), kGet),
             StartsWith("HTTP/1.1 201") && EndsWith("GET /x?y=z  []"));
  const Security nobody{.tls_ca = coordinator.tls_ca};
  CHECK_THAT(answers_over_tls(*server, nobody, kGet), StartsWith("HTTP/1.1 401"));
  CHECK_THAT(answers_over_tls(*server, nobody,
                              "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
             StartsWith("HTTP/1.1 201"));
}

TEST_CASE("OverTlsCertificatesThatWillNotDoAreRefused") {
  const Authority authority("ours");
  const Security coordinator = authority.issue("coordinator");
  const auto server = serve_with(echo, {}, coordinator);
  Security stranger = Authority("theirs").issue("stranger");
  CHECK_THAT(answers_over_tls(*server, stranger, kGet), StartsWith("no TLS"));
  stranger.tls_ca = coordinator.tls_ca;
  CHECK_THAT(answers_over_tls(*server, stranger, kGet),
             StartsWith("no TLS") && Contains("unknown ca"));
  CHECK_THAT(
      answers_over_tls(*server, authority.issue("old", {.from = -7'200, .until = -3'600}), kGet),
      StartsWith("no TLS") && Contains("expired"));
  // Without TLS nothing is said at all.
  CHECK_THAT(answers(*server, kGet), !Contains("HTTP/1.1 201"));
  CHECK_THAT(answers_over_tls(*server, authority.issue("user"), kGet), StartsWith("HTTP/1.1 201"));
}

}  // namespace
}  // namespace weir
