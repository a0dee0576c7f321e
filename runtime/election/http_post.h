// One POST over HTTP/1.1, with an end to how long it takes: all that etcd's gateway wants.
//
// Blocks; any thread. Each call makes a connection of its own: a few bytes a second are not worth
// one that is kept, and has to be known to be alive.
#pragma once

#include "engine/base/status.h"
#include "runtime/messages/api_message.h"
#include "runtime/messages/security.h"

#include <chrono>
#include <string>

namespace weir {

struct HttpPost {
  HostPort server;
  std::string target;  // "/v3/kv/range"
  std::string body;    // JSON
  // Null: plain. Else TLS: the server must have a certificate of the authorities, for its host;
  // the certificate is presented if there is one.
  const Security* tls = nullptr;
};

// What the server answers, of any status. kUnavailable where it does not within `timeout` (looking
// up the name of a host may take longer); kUser where TLS cannot be set up.
Result<ApiReply> send_post(const HttpPost& post, std::chrono::milliseconds timeout);

}  // namespace weir
