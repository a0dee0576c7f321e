// What a worker process serves over HTTP: /healthz, /readyz and /metrics.
#pragma once

#include "runtime/messages/api_message.h"
#include "runtime/worker/worker.h"

namespace weir {

// Any thread, several at a time.
ApiReply handle_worker_http(const Worker& worker, const ApiRequest& request);

}  // namespace weir
