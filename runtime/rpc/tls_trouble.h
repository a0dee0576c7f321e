// Why TLS with a server does not work: gRPC says no more than that it does not.
#pragma once

#include "runtime/messages/security.h"

#include <string>

namespace weir {

struct TlsTrouble {
  std::string text;        // For a person; empty: nothing is wrong.
  bool is_certain = true;  // Otherwise it may be something that passes.
};

// What is wrong between this Security and the server at `address`: our or its certificate has
// expired, is of an authority that the other does not know, is for another host, the server does
// not speak TLS, or speaks nothing else.
//
// Looks at our own certificate, and, if `dial`, makes one TLS connection of its own, which takes a
// few seconds at most. Blocks; any thread.
TlsTrouble tls_trouble(const std::string& address, const Security& security, bool dial);

}  // namespace weir
