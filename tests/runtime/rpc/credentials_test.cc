// Goal: what a call that failed says to a person, and who must act. Tokens and certificates at
// work: control_server_test.cc.
#include "runtime/rpc/credentials.h"

#include "tests/runtime/messages/certificates.h"
#include "tests/runtime/rpc/wire.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

using Catch::Contains;

Error after(grpc::StatusCode code, const std::string& address) {
  return call_error({code, "said so"}, address, {.token = "s3cret"});
}

TEST_CASE("FailuresSayWhoMustAct") {
  const std::string address = Socket::listen().address();
  const Error token = after(grpc::StatusCode::UNAUTHENTICATED, address);
  CHECK(token.kind == ErrorKind::kUser);
  CHECK_THAT(token.message, Contains("--token-file") && !Contains("s3cret"));
  const Error stranger = after(grpc::StatusCode::UNIMPLEMENTED, address);
  CHECK(stranger.kind == ErrorKind::kUser);
  CHECK_THAT(stranger.message, Contains("no coordinator"));
  const Error late = after(grpc::StatusCode::DEADLINE_EXCEEDED, address);
  CHECK(late.kind == ErrorKind::kUnavailable);
  CHECK_THAT(late.message, Contains("in time"));
  const Error gone = after(grpc::StatusCode::UNAVAILABLE, address);
  CHECK(gone.kind == ErrorKind::kUnavailable);
  CHECK_THAT(gone.message, Contains(address) && Contains("said so"));
}

TEST_CASE("WithoutACertificateThereAreCredentialsToo") {
  CHECK(server_credentials({}) != nullptr);
  CHECK(channel_credentials({}) != nullptr);
  const Security security = Authority("ca").issue("c");
  CHECK(server_credentials(security) != nullptr);
  CHECK(channel_credentials(security) != nullptr);
}

}  // namespace
}  // namespace weir
