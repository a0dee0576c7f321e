// Who may speak to a process of the cluster: the certificates and the token that it presents and
// asks for. One value for all that a process listens on and dials; runtime/rpc and runtime/http
// make of it what their libraries take. A value: it may be copied between threads.
//
// The rule: what listens on a loopback address needs nothing. What listens on any other address
// asks its peers for a certificate of its own authority (mutual TLS), or for the token, or both.
//
// Neither token nor key stands in any log, error or answer.
#pragma once

#include "engine/base/status.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace weir {

struct Security {
  // PEM. All three or none: the certificate (and its chain) and key of this process, and the
  // authorities that its peers' certificates come from. With the authorities alone a client knows
  // its server without presenting a certificate itself.
  std::string tls_cert;
  std::string tls_key;
  std::string tls_ca;
  std::string token;  // Empty: none is presented, and none asked for.

  // Of a server: it has a certificate. It then asks clients for theirs, if it knows authorities.
  bool has_certificate() const { return !tls_cert.empty(); }
  // Of a client: it speaks TLS.
  bool has_authority() const { return !tls_ca.empty(); }
};

// Where the parts of a Security are; an empty path stands for an absent part.
struct SecurityFiles {
  std::string tls_cert;
  std::string tls_key;
  std::string tls_ca;
  std::string token;  // White space around the token is not part of it.
};

// kUser error that names the file, and what to do: it cannot be read, is no PEM, holds another kind
// of thing, has expired or is not valid yet, certificate without key, key of another certificate,
// a token that is empty or not printable.
Result<Security> load_security(const SecurityFiles& files);

// Host and port of "host:port", "[::1]:7000" or ":7000" (any address). kUser error for others.
struct HostPort {
  std::string host;  // Without brackets; empty: all addresses.
  uint16_t port = 0;
};
Result<HostPort> parse_address(std::string_view address);
std::string to_text(const HostPort& address);

// Whether nobody but this machine reaches it: "localhost", 127.0.0.0/8, ::1.
bool is_loopback(std::string_view host);

// The rule above for an address to listen on; a kUser error says how to follow it.
Status check_listening(std::string_view address, const Security& security);

// Compares in a time that does not depend on where they differ. An empty `wanted` accepts all.
bool token_matches(std::string_view wanted, std::string_view presented);

// Takes the token out of "Bearer ..." (the scheme in any case); empty if there is none.
std::string_view bearer_token(std::string_view authorization);

// Why the certificate (the first in the PEM) cannot be used now, by its dates: "expired on
// 2024-01-31 12:00 UTC". Empty: it can.
std::string certificate_trouble(std::string_view pem);

}  // namespace weir
