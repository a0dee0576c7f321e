// Goal: who may speak to a process is read strictly, refused with advice, and never shown.
#include "runtime/messages/security.h"

#include "tests/runtime/messages/certificates.h"
#include "tests/state/store_folder.h"

#include <catch2/catch.hpp>

#include <fstream>
#include <string>

namespace weir {
namespace {

class Files {
 public:
  std::string write(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / name, std::ios::binary) << text;
    return folder_ / name;
  }
  SecurityFiles write(const Security& security) {
    return {.tls_cert = write("cert.pem", security.tls_cert),
            .tls_key = write("key.pem", security.tls_key),
            .tls_ca = write("ca.pem", security.tls_ca)};
  }

 private:
  StoreFolder folder_;
};

std::string refusal(const SecurityFiles& files) {
  const Result<Security> loaded = load_security(files);
  REQUIRE_FALSE(loaded.ok());
  CHECK(loaded.error().kind == ErrorKind::kUser);
  return loaded.error().message;
}

using Catch::Contains;

TEST_CASE("NoFilesAreNoSecurity") {
  const Result<Security> loaded = load_security({});
  REQUIRE(loaded.ok());
  CHECK_FALSE(loaded->has_certificate());
  CHECK_FALSE(loaded->has_authority());
  CHECK(loaded->token.empty());
}

TEST_CASE("LoadsCertificateKeyAuthorityAndToken") {
  Files files;
  const Security made = Authority("ca").issue("worker");
  SecurityFiles paths = files.write(made);
  paths.token = files.write("token", "  s3cret\n");
  const Result<Security> loaded = load_security(paths);
  REQUIRE(loaded.ok());
  CHECK(loaded->tls_cert == made.tls_cert);
  CHECK(loaded->tls_key == made.tls_key);
  CHECK(loaded->tls_ca == made.tls_ca);
  CHECK(loaded->token == "s3cret");
}

TEST_CASE("AnExpiredCertificateIsRefusedWithItsDate") {
  Files files;
  const Authority ca("ca");
  const std::string text =
      refusal(files.write(ca.issue("worker", {.from = -7'200, .until = -3'600})));
  CHECK_THAT(text, Contains("cert.pem") && Contains("expired on 20") && Contains(" UTC"));
}

TEST_CASE("ACertificateOfTheFutureIsRefused") {
  Files files;
  const Authority ca("ca");
  CHECK_THAT(refusal(files.write(ca.issue("worker", {.from = 3'600, .until = 7'200}))),
             Contains("is not valid before 20"));
}

TEST_CASE("TheKeyMustBeThatOfTheCertificate") {
  Files files;
  const Authority ca("ca");
  Security mixed = ca.issue("one");
  mixed.tls_key = ca.issue("other").tls_key;
  CHECK_THAT(refusal(files.write(mixed)), Contains("it is not that of certificate"));
}

TEST_CASE("CertificateAndKeyComeTogether") {
  Files files;
  SecurityFiles paths = files.write(Authority("ca").issue("worker"));
  paths.tls_key.clear();
  CHECK_THAT(refusal(paths), Contains("give --tls-cert and --tls-key"));
}

TEST_CASE("FilesOfAnotherKindAreRefusedWithoutTheirContents") {
  Files files;
  const Security made = Authority("ca").issue("worker");
  SecurityFiles paths = files.write(made);
  const std::string junk = files.write("junk", "s3cret in the wrong file");
  CHECK_THAT(refusal({.tls_cert = junk, .tls_key = paths.tls_key}),
             Contains("holds no certificate") && !Contains("s3cret"));
  CHECK_THAT(refusal({.tls_cert = paths.tls_cert, .tls_key = junk}),
             Contains("holds no private key") && !Contains("s3cret"));
  CHECK_THAT(refusal({.tls_ca = paths.tls_key}), Contains("holds no certificate"));
  CHECK_THAT(refusal({.token = junk}), Contains("must be one word") && !Contains("s3cret"));
  CHECK_THAT(refusal({.token = files.write("empty", " \n")}), Contains("the file is empty"));
  CHECK_THAT(refusal({.token = junk + "x"}), Contains("cannot read token"));
}

TEST_CASE("AddressesAreHostAndPort") {
  const auto reads = [](std::string_view text, std::string_view host, uint16_t port) {
    const Result<HostPort> address = parse_address(text);
    return address.ok() && address->host == host && address->port == port &&
           to_text(*address) == text;
  };
  CHECK(reads("localhost:7000", "localhost", 7000));
  CHECK(reads("[::1]:0", "::1", 0));
  CHECK(reads(":65535", "", 65535));
  for (const char* text : {"", "localhost", "localhost:", "localhost:65536", "localhost:-1",
                           "::1:7000", "a:1:2", "http://a:1", "a:1x"}) {
    INFO(text);
    CHECK_FALSE(parse_address(text).ok());
  }
}

TEST_CASE("OnlyThisMachineIsLoopback") {
  for (const char* host : {"localhost", "127.0.0.1", "127.8.9.1", "::1"}) {
    INFO(host);
    CHECK(is_loopback(host));
  }
  for (const char* host : {"", "0.0.0.0", "::", "10.0.0.1", "127.example.org", "localhost.org"}) {
    INFO(host);
    CHECK_FALSE(is_loopback(host));
  }
}

TEST_CASE("WhatOthersReachNeedsMutualTlsOrAToken") {
  CHECK(check_listening("127.0.0.1:0", {}).ok());
  CHECK(check_listening("0.0.0.0:7000", {.token = "t"}).ok());
  CHECK(check_listening(":7000", Authority("ca").issue("c")).ok());
  Security one_sided = Authority("ca").issue("c");
  one_sided.tls_ca.clear();
  CHECK_FALSE(check_listening("0.0.0.0:7000", one_sided).ok());
  const Status refused = check_listening("0.0.0.0:7000", {});
  REQUIRE_FALSE(refused.ok());
  CHECK_THAT(refused.error().message, Contains("--tls-ca") && Contains("--token-file"));
}

TEST_CASE("TokensMatchOnlyWhole") {
  CHECK(token_matches("", ""));
  CHECK(token_matches("", "anything"));
  CHECK(token_matches("s3cret", "s3cret"));
  for (const char* other : {"", "s3cre", "s3cret ", "s3creT", "x3cret", "s3crets3cret"}) {
    INFO(other);
    CHECK_FALSE(token_matches("s3cret", other));
  }
}

TEST_CASE("TheTokenStandsAfterTheScheme") {
  CHECK(bearer_token("Bearer s3cret") == "s3cret");
  CHECK(bearer_token("bearer  s3cret") == "s3cret");
  CHECK(bearer_token("Basic s3cret").empty());
  CHECK(bearer_token("Bearer").empty());
  CHECK(bearer_token("").empty());
}

}  // namespace
}  // namespace weir
