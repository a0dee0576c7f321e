// Goal: a call ends in time whatever the server does. Method: sockets that do what servers should
// not.
#include "runtime/election/http_post.h"

#include "tests/runtime/election/real_etcd.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <catch2/catch.hpp>

#include <thread>

namespace weir {
namespace {

using boost::asio::ip::tcp;
using std::chrono::milliseconds;

constexpr milliseconds kLong{60'000};

// Answers one connection with these bytes, whatever it is sent.
class Answering {
 public:
  explicit Answering(std::string answer)
      : thread_([this, answer = std::move(answer)] {
          tcp::socket socket(context_);
          acceptor_.accept(socket);
          std::string head;
          boost::asio::read_until(socket, boost::asio::dynamic_buffer(head), "\r\n\r\n");
          boost::asio::write(socket, boost::asio::buffer(answer));
        }) {}
  ~Answering() { thread_.join(); }
  HostPort address() const {
    return {.host = "127.0.0.1", .port = acceptor_.local_endpoint().port()};
  }

 private:
  boost::asio::io_context context_;
  tcp::acceptor acceptor_{context_, {boost::asio::ip::make_address("127.0.0.1"), 0}};
  std::thread thread_;
};

Result<ApiReply> post(const HostPort& server, milliseconds timeout) {
  return send_post({.server = server, .target = "/x", .body = "{}"}, timeout);
}

TEST_CASE("AnAnswerIsHandedOnWhateverItsStatus") {
  const Answering server("HTTP/1.1 418 no\r\nContent-Length: 3\r\nContent-Type: a/b\r\n\r\nabc");
  const ApiReply reply = post(server.address(), kLong).value();
  REQUIRE(reply.status == 418);
  REQUIRE(reply.body == "abc");
  REQUIRE(reply.content_type == "a/b");
}

TEST_CASE("WhereNobodyListensNothingIsReached") {
  const Result<ApiReply> reply = post({.host = "127.0.0.1", .port = free_port()}, kLong);
  REQUIRE(reply.error().kind == ErrorKind::kUnavailable);
  REQUIRE_THAT(reply.error().message, Catch::StartsWith("cannot reach"));
}

TEST_CASE("WhoSaysNothingIsGivenUp") {
  boost::asio::io_context context;
  const tcp::acceptor silent(context, {boost::asio::ip::make_address("127.0.0.1"), 0});
  const HostPort address{.host = "127.0.0.1", .port = silent.local_endpoint().port()};
  REQUIRE_THAT(post(address, milliseconds(50)).error().message,
               Catch::Contains("no answer in time"));
}

TEST_CASE("WhatIsNoHttpIsNoAnswer") {
  const Answering server("hello\r\n\r\n");
  REQUIRE(post(server.address(), kLong).error().kind == ErrorKind::kUnavailable);
}

}  // namespace
}  // namespace weir
