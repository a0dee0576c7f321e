// Limits of the control plane: values, the same for both ends (control_server.h, control_client.h).
#pragma once

#include <cstddef>

namespace weir {

struct ControlOptions {
  // Larger messages are not sent, and end the session of who sends them.
  size_t message_bytes_max = 16 << 20;
  // What waits for a peer that does not read; above it the session breaks.
  size_t queue_bytes_max = 64 << 20;
  // Silence after which the connection is tried, and how long an answer may take: a peer whose
  // machine or network is gone breaks the session after the sum of both.
  int keepalive_time_ms = 5'000;
  int keepalive_timeout_ms = 5'000;
  // Of the server: sessions that have not said Hello by then are ended.
  int hello_timeout_ms = 10'000;
  // Of the client: how long it waits for a Welcome before the connection counts as broken. A
  // coordinator that is frozen takes connections and says nothing.
  int welcome_timeout_ms = 5'000;
  // Of the server: threads for `api`, and requests that may wait for one (then they get 503).
  size_t api_threads = 4;
  size_t api_waiting_max = 64;
};

// Of a stream's messages as gRPC counts them, which wrap the messages that the limit is about.
inline int received_bytes_max(const ControlOptions& options) {
  return static_cast<int>(options.message_bytes_max) + 1024;
}

}  // namespace weir
