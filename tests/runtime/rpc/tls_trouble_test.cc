// Goal: where nothing is wrong with TLS, nothing is said. What is said where something is wrong:
// control_server_test.cc.
#include "runtime/rpc/tls_trouble.h"

#include "tests/runtime/messages/certificates.h"
#include "tests/runtime/rpc/ends.h"
#include "tests/runtime/rpc/wire.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

using Catch::Contains;

TEST_CASE("NothingIsWrongBetweenEndsThatKnowEachOther") {
  const Authority authority("ours");
  const Coordinator coordinator(authority.issue("coordinator"));
  CHECK(tls_trouble(coordinator.address(), authority.issue("worker"), true).text.empty());
  const Coordinator plain;
  CHECK(tls_trouble(plain.address(), {}, true).text.empty());
}

TEST_CASE("NothingIsSaidOfWhomNobodyReaches") {
  const Security security = Authority("ours").issue("worker");
  const std::string nobody = Socket::listen().address();
  CHECK(tls_trouble(nobody, security, true).text.empty());
  CHECK(tls_trouble("nonsense", security, true).text.empty());
}

TEST_CASE("OurOwnCertificateIsLookedAtWithoutACall") {
  const Security old = Authority("ours").issue("old", {.from = -7'200, .until = -3'600});
  CHECK_THAT(tls_trouble("nonsense", old, false).text, Contains("our certificate expired on"));
}

}  // namespace
}  // namespace weir
