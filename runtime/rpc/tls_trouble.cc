#include "runtime/rpc/tls_trouble.h"

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <csignal>
#include <ctime>
#include <memory>
#include <string_view>

namespace weir {
namespace {

// Counted in whole seconds of the clock: the last of them may be over at once.
constexpr int kPatienceSeconds = 4;

// OpenSSL writes to sockets without asking the kernel to spare us the signal that comes when the
// peer is gone. Blocked for as long as this lives; one that came is taken away.
class NoPipeSignal {
 public:
  NoPipeSignal() {
    sigemptyset(&pipe_);
    sigaddset(&pipe_, SIGPIPE);
    sigset_t pending;
    sigpending(&pending);
    was_pending_ = sigismember(&pending, SIGPIPE) == 1;
    pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  NoPipeSignal(const NoPipeSignal&) = delete;
  NoPipeSignal& operator=(const NoPipeSignal&) = delete;
  ~NoPipeSignal() {
    const timespec at_once{};
    if (!was_pending_) sigtimedwait(&pipe_, nullptr, &at_once);
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }

 private:
  sigset_t pipe_{};
  sigset_t before_{};
  bool was_pending_ = false;
};

template <auto Free>
struct Freed {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};
using Library = std::unique_ptr<SSL_CTX, Freed<SSL_CTX_free>>;
using Bio = std::unique_ptr<BIO, Freed<BIO_free_all>>;
using Certificate = std::unique_ptr<X509, Freed<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;

Bio bio_of(std::string_view pem) {
  return Bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}

Certificate next_certificate(BIO* pem) {
  return Certificate(PEM_read_bio_X509(pem, nullptr, nullptr, nullptr));
}

void set_up(SSL_CTX* library, const Security& security) {
  const Bio authorities = bio_of(security.tls_ca);
  while (const Certificate authority = next_certificate(authorities.get())) {
    X509_STORE_add_cert(SSL_CTX_get_cert_store(library), authority.get());
  }
  if (!security.has_certificate()) return;
  const Bio chain = bio_of(security.tls_cert);
  if (const Certificate own = next_certificate(chain.get())) {
    SSL_CTX_use_certificate(library, own.get());
  }
  while (const Certificate above = next_certificate(chain.get())) {
    SSL_CTX_add1_chain_cert(library, above.get());
  }
  const Bio pem = bio_of(security.tls_key);
  const Key key(PEM_read_bio_PrivateKey(pem.get(), nullptr, nullptr, nullptr));
  if (key != nullptr) SSL_CTX_use_PrivateKey(library, key.get());
}

void expect_host(SSL* tls, const std::string& host) {
  // A name or a number: each is looked for in its own place of the certificate.
  if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(tls), host.c_str()) == 1) return;
  SSL_set1_host(tls, host.c_str());
  SSL_set_tlsext_host_name(tls, host.c_str());
}

std::string of_their_certificate(long result) {
  if (result == X509_V_ERR_CERT_HAS_EXPIRED) return "its certificate has expired: renew it";
  return fmt::format(
      "its certificate cannot be trusted: {}; --tls-ca must name the authority that "
      "it comes from, and the address must stand in it",
      X509_verify_cert_error_string(result));
}

bool is_no_tls(unsigned long error) {
  if (ERR_GET_LIB(error) != ERR_LIB_SSL) return false;
  const int reason = ERR_GET_REASON(error);
  return reason == SSL_R_WRONG_VERSION_NUMBER || reason == SSL_R_HTTP_REQUEST ||
         reason == SSL_R_PACKET_LENGTH_TOO_LONG || reason == SSL_R_UNEXPECTED_MESSAGE;
}

// A server that refuses our certificate says so after the handshake, if it says anything: that of
// gRPC hangs up. One that accepts it speaks first.
TlsTrouble of_our_certificate(BIO* connection, bool presented) {
  char byte = 0;
  const time_t deadline = std::time(nullptr) + kPatienceSeconds;
  while (BIO_read(connection, &byte, 1) <= 0) {
    if (BIO_should_retry(connection)) {
      if (BIO_wait(connection, deadline, 10) <= 0) return {};
      continue;
    }
    const unsigned long error = ERR_peek_last_error();
    if (ERR_GET_LIB(error) == ERR_LIB_SSL && ERR_GET_REASON(error) > SSL_AD_REASON_OFFSET) {
      return {
          fmt::format("it does not accept our certificate: {}", ERR_reason_error_string(error))};
    }
    return {.text = presented ? "it hangs up when it sees our certificate: is that of the "
                                "authority that it knows?"
                              : "it hangs up: does it want --tls-cert and --tls-key?",
            .is_certain = false};
  }
  return {};
}

// The connection and the handshake. The library's own function would try again where nobody
// listens.
bool connects(BIO* connection) {
  const time_t deadline = std::time(nullptr) + kPatienceSeconds;
  while (BIO_do_connect(connection) != 1) {
    if (!BIO_should_retry(connection) || BIO_wait(connection, deadline, 10) <= 0) return false;
  }
  return true;
}

TlsTrouble dial_once(const HostPort& address, const Security& security) {
  const Library library(SSL_CTX_new(TLS_client_method()));
  set_up(library.get(), security);
  const Bio connection(BIO_new_ssl_connect(library.get()));
  SSL* tls = nullptr;
  BIO_get_ssl(connection.get(), &tls);
  // Judged below: the handshake is to go on for as long as it can.
  SSL_set_verify(tls, SSL_VERIFY_NONE, nullptr);
  SSL_set_quiet_shutdown(tls, 1);
  constexpr unsigned char kHttp2[] = {2, 'h', '2'};
  SSL_set_alpn_protos(tls, kHttp2, sizeof kHttp2);
  expect_host(tls, address.host);
  BIO_set_nbio(connection.get(), 1);
  BIO_set_conn_hostname(connection.get(), to_text(address).c_str());
  const bool is_connected = connects(connection.get());
  const unsigned long error = ERR_peek_last_error();
  const Certificate theirs(SSL_get1_peer_certificate(tls));
  if (!security.has_authority()) {
    if (theirs == nullptr) return {};
    return {"it wants TLS: give --tls-ca, and --tls-cert and --tls-key"};
  }
  if (theirs == nullptr) {
    if (!is_no_tls(error)) return {};
    return {"it does not speak TLS, as --tls-ca asks"};
  }
  const long result = SSL_get_verify_result(tls);
  if (result != X509_V_OK) return {of_their_certificate(result)};
  if (!is_connected) return {};
  return of_our_certificate(connection.get(), security.has_certificate());
}

}  // namespace

TlsTrouble tls_trouble(const std::string& address, const Security& security, bool dial) {
  if (security.has_certificate()) {
    const std::string trouble = certificate_trouble(security.tls_cert);
    if (!trouble.empty()) return {"our certificate " + trouble};
  }
  const Result<HostPort> parsed = parse_address(address);
  if (!dial || !parsed.ok()) return {};
  const NoPipeSignal no_signal;
  ERR_clear_error();
  TlsTrouble trouble = dial_once(*parsed, security);
  ERR_clear_error();
  return trouble;
}

}  // namespace weir
