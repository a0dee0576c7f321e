#include "runtime/messages/security.h"

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <ctime>
#include <fstream>
#include <iterator>
#include <memory>
#include <utility>

namespace weir {
namespace {

constexpr size_t kFileBytesMax = 1 << 20;
constexpr size_t kTokenBytesMax = 4096;

using Bio = std::unique_ptr<BIO, decltype(&BIO_free)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;
using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

Bio bio_of(std::string_view text) {
  return {BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), BIO_free};
}

Certificate certificate_of(std::string_view pem) {
  const Bio bio = bio_of(pem);
  Certificate found(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr), X509_free);
  ERR_clear_error();
  return found;
}

// Asked for the password of a key, the library would turn to the terminal.
int no_password(char*, int, int, void*) { return 0; }

Key key_of(std::string_view pem) {
  const Bio bio = bio_of(pem);
  Key found(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_password, nullptr), EVP_PKEY_free);
  ERR_clear_error();
  return found;
}

std::string time_text(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return "an unknown date";
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02} UTC", parts.tm_year + 1900, parts.tm_mon + 1,
                     parts.tm_mday, parts.tm_hour, parts.tm_min);
}

std::string trouble_of(const X509& certificate) {
  if (X509_cmp_current_time(X509_get0_notAfter(&certificate)) < 0) {
    return "expired on " + time_text(X509_get0_notAfter(&certificate));
  }
  if (X509_cmp_current_time(X509_get0_notBefore(&certificate)) > 0) {
    return "is not valid before " + time_text(X509_get0_notBefore(&certificate));
  }
  return {};
}

Result<std::string> read_file(const std::string& path, std::string_view what) {
  std::ifstream in(path, std::ios::binary);
  std::string text;
  if (in) text.assign(std::istreambuf_iterator<char>(in), {});
  if (!in || in.bad()) return user_error(fmt::format("cannot read {} {}", what, path));
  if (text.size() > kFileBytesMax) {
    return user_error(fmt::format("cannot use {} {}: it has {} bytes, at most {} will do", what,
                                  path, text.size(), kFileBytesMax));
  }
  return text;
}

Result<std::string> read_certificate(const std::string& path, std::string_view what) {
  std::string pem = TRY(read_file(path, what));
  const Certificate certificate = certificate_of(pem);
  if (certificate == nullptr) {
    return user_error(fmt::format("cannot use {} {}: it holds no certificate in PEM", what, path));
  }
  const std::string trouble = trouble_of(*certificate);
  if (!trouble.empty()) {
    return user_error(fmt::format("cannot use {} {}: it {}", what, path, trouble));
  }
  return pem;
}

Status read_own_certificate(const SecurityFiles& files, Security& out) {
  if (files.tls_cert.empty() != files.tls_key.empty()) {
    return user_error(fmt::format("cannot use {} {} alone: give --tls-cert and --tls-key",
                                  files.tls_key.empty() ? "certificate" : "key",
                                  files.tls_key.empty() ? files.tls_cert : files.tls_key));
  }
  if (files.tls_cert.empty()) return {};
  out.tls_cert = TRY(read_certificate(files.tls_cert, "certificate"));
  out.tls_key = TRY(read_file(files.tls_key, "key"));
  const Key key = key_of(out.tls_key);
  if (key == nullptr) {
    return user_error(
        fmt::format("cannot use key {}: it holds no private key in PEM without a "
                    "password",
                    files.tls_key));
  }
  if (X509_check_private_key(certificate_of(out.tls_cert).get(), key.get()) != 1) {
    ERR_clear_error();
    return user_error(fmt::format("cannot use key {}: it is not that of certificate {}",
                                  files.tls_key, files.tls_cert));
  }
  return {};
}

Result<std::string> read_token(const std::string& path) {
  const std::string text = TRY(read_file(path, "token"));
  const auto is_space = [](char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; };
  const auto first = std::find_if_not(text.begin(), text.end(), is_space);
  const auto last = std::find_if_not(text.rbegin(), text.rend(), is_space).base();
  if (first == text.end()) {
    return user_error(fmt::format("cannot use token {}: the file is empty", path));
  }
  std::string token(first, last);
  // What a header can carry; the token itself is not for messages.
  if (token.size() > kTokenBytesMax ||
      !std::all_of(token.begin(), token.end(), [](char c) { return c > ' ' && c <= '~'; })) {
    return user_error(
        fmt::format("cannot use token {}: it must be one word of at most {} printable ASCII "
                    "characters",
                    path, kTokenBytesMax));
  }
  return token;
}

}  // namespace

Result<Security> load_security(const SecurityFiles& files) {
  Security security;
  TRY(read_own_certificate(files, security));
  if (!files.tls_ca.empty()) {
    security.tls_ca = TRY(read_certificate(files.tls_ca, "authority"));
  }
  if (!files.token.empty()) security.token = TRY(read_token(files.token));
  return security;
}

Result<HostPort> parse_address(std::string_view address) {
  const auto refuse = [&] {
    return user_error(
        fmt::format("cannot use address \"{}\": write host:port, such as localhost:7000", address));
  };
  const size_t colon = address.rfind(':');
  if (colon == std::string_view::npos) return refuse();
  std::string_view host = address.substr(0, colon);
  const std::string_view digits = address.substr(colon + 1);
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  } else if (host.find_first_of("[]:/") != std::string_view::npos) {
    return refuse();
  }
  HostPort parsed{.host = std::string(host)};
  const char* end = digits.data() + digits.size();
  const auto [read, error] = std::from_chars(digits.data(), end, parsed.port);
  if (digits.empty() || error != std::errc{} || read != end) return refuse();
  return parsed;
}

std::string to_text(const HostPort& address) {
  if (address.host.find(':') != std::string::npos) {
    return fmt::format("[{}]:{}", address.host, address.port);
  }
  return fmt::format("{}:{}", address.host, address.port);
}

bool is_loopback(std::string_view host) {
  if (host == "localhost" || host == "::1") return true;
  // A name such as "127.example.org" is no address.
  return host.starts_with("127.") && host.find_first_not_of("0123456789.") == std::string::npos;
}

Status check_listening(std::string_view address, const Security& security) {
  const HostPort parsed = TRY(parse_address(address));
  const bool is_mutual = security.has_certificate() && security.has_authority();
  if (is_loopback(parsed.host) || is_mutual || !security.token.empty()) return {};
  return user_error(fmt::format(
      "cannot listen on {}: others can reach it, so it must know who may speak to it; give "
      "--tls-cert, --tls-key and --tls-ca, or --token-file, or listen on localhost",
      address));
}

bool token_matches(std::string_view wanted, std::string_view presented) {
  if (wanted.empty()) return true;
  // Every byte presented is looked at, whatever has been found; `volatile` keeps the compiler from
  // leaving earlier.
  volatile unsigned difference = wanted.size() == presented.size() ? 0 : 1;
  for (size_t i = 0; i < presented.size(); ++i) {
    const unsigned byte = static_cast<unsigned char>(presented[i]);
    const unsigned want = static_cast<unsigned char>(wanted[i % wanted.size()]);
    difference = difference | (byte ^ want);
  }
  return difference == 0;
}

std::string_view bearer_token(std::string_view authorization) {
  constexpr std::string_view kScheme = "bearer ";
  if (authorization.size() < kScheme.size()) return {};
  for (size_t i = 0; i < kScheme.size(); ++i) {
    if (std::tolower(static_cast<unsigned char>(authorization[i])) != kScheme[i]) return {};
  }
  authorization.remove_prefix(kScheme.size());
  while (authorization.starts_with(' ')) authorization.remove_prefix(1);
  return authorization;
}

std::string certificate_trouble(std::string_view pem) {
  const Certificate certificate = certificate_of(pem);
  return certificate == nullptr ? "is no certificate in PEM" : trouble_of(*certificate);
}

}  // namespace weir
