// A small HTTP/1.1 server for the REST API, metrics and health of a process, over Boost.Beast: one
// thread for the network, a few for the handler. GET, HEAD, POST and DELETE; keep-alive; limits on
// everything that a client can make large or slow.
//
// Owned by the coordinator or a worker. Any thread may call it; its destructor ends all
// connections, waits for the requests that the handler is working on, and must not be called from
// within the handler.
//
// Who gets in (runtime/messages/security.h): with a token in the Security, who presents it
// ("Authorization: Bearer ..."); with a certificate, who speaks TLS, and with authorities, who
// presents a certificate of theirs. Health is for everybody who gets that far: GET /healthz and
// /readyz want neither token nor certificate. What a browser asks for on behalf of another site's
// page is refused (http_rules.h).
//
// Errors are {"error": {"kind": "...", "message": "..."}}: 400 malformed, 401 no token or
// certificate, 403 of another site, 405 method, 413 and 431 too large, 503 too busy.
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
  // Connections that take longer are closed:
  int idle_timeout_ms = 60'000;     // between two requests,
  int request_timeout_ms = 30'000;  // from the first byte of a request to its last,
  int reply_timeout_ms = 30'000;    // to take a reply.
  size_t connections_max = 1'000;   // Further ones are closed at once.
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

// An answer of that status with the document above.
ApiReply error_reply(int status, std::string_view kind, std::string_view message);

}  // namespace weir
