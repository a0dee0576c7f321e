// Peers over an Exchange: what the worker processes of a cluster use.
#pragma once

#include "runtime/exchange/exchange.h"
#include "runtime/worker/worker.h"

namespace weir {

// The exchange outlives whoever uses them.
Peers peers_over(Exchange& exchange);

}  // namespace weir
