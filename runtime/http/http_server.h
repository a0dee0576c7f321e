// A small HTTP/1.1 server for the REST API, metrics and health of a process, over Boost.Beast: one
// thread for the network, a few for the handler. GET, HEAD, POST and DELETE; keep-alive; limits on
// everything that a client can make large or slow.
//
// Owned by the coordinator or a worker. Any thread may call it; its destructor ends all
// connections, waits for the requests that the handler is working on, and must not be called from
// within the handler.
//
// Errors are {"error": {"kind": "...", "message": "..."}}. With a token in the Security, everything
// but GET /healthz and /readyz wants it ("Authorization: Bearer ..."), else the answer is 401. With
// a certificate it speaks TLS only, and with authorities, clients must present a certificate.
#pragma once

#include "engine/base/status.h"
#include "runtime/messages/api_message.h"
#include "runtime/messages/security.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace weir {

struct HttpOptions {
  uint32_t header_bytes_max = 16 << 10;  // Above: 431
  uint64_t body_bytes_max = 16 << 20;    // Above: 413
  int idle_timeout_ms = 60'000;          // Of a connection between two requests.
  int request_timeout_ms = 30'000;       // From the first byte of a request to its last: 408
  int reply_timeout_ms = 30'000;         // For a client to take a reply.
  size_t connections_max = 1'000;        // Further ones are closed at once.
  size_t handler_threads = 4;
  size_t waiting_max = 256;  // Requests that wait for one of them; further ones get 503.
};

class HttpServer {
 public:
  // HEAD arrives as GET, and its body is not sent. May block; must not throw. Several at a time.
  using Handler = std::function<ApiReply(const ApiRequest&)>;

  // `address` is "host:port"; port 0 picks one. kUser error if it cannot be listened on, or not
  // with this security (check_listening).
  static Result<std::unique_ptr<HttpServer>> listen(const std::string& address,
                                                    const Security& security, Handler handler,
                                                    const HttpOptions& options = {});
  ~HttpServer();

  // "host:port" with the port that was picked.
  std::string address() const;

 private:
  class Listener;
  explicit HttpServer(std::unique_ptr<Listener> listener);

  std::unique_ptr<Listener> listener_;
};

// The document above.
std::string error_json(std::string_view kind, std::string_view message);

}  // namespace weir
