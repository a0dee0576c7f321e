// One connection of a client: reads a request, has it answered, writes the reply, and again.
//
// Made by the server for each socket, and kept alive by what it waits for. Only the thread of the
// network touches it.
#pragma once

#include "runtime/http/http_server.h"
#include "runtime/messages/api_message.h"
#include "runtime/messages/security.h"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>

#include <atomic>
#include <functional>

namespace weir {

// What connections ask of their server, which outlives them.
struct HttpService {
  const Security& security;
  const HttpOptions& options;
  // Has the request answered on another thread; false: too many wait. `done` is called on the
  // thread of the network, or never, if the server ends first.
  std::function<bool(ApiRequest request, std::function<void(ApiReply)> done)> answer;
  std::atomic<size_t>& connections;  // How many there are.
};

void serve(boost::asio::ip::tcp::socket socket, const HttpService& service);
void serve_tls(boost::asio::ip::tcp::socket socket, boost::asio::ssl::context& tls,
               const HttpService& service);

}  // namespace weir
