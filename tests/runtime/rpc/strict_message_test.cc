// Goal: what cannot be read is said by its name. Messages of every kind: message_codec_test.cc.
#include "runtime/rpc/strict_message.h"

#include <catch2/catch.hpp>

#include <proto/weir/cluster.pb.h>

namespace weir {
namespace {

using Catch::Contains;

TEST_CASE("UnknownFieldsAreLetPassWhereItSaysSo") {
  proto::Hello message;
  message.GetReflection()->MutableUnknownFields(&message)->AddVarint(77, 1);
  const std::string bytes = message.SerializeAsString();
  CHECK(parse_leniently(message, bytes, "a hello").ok());
  const Status strict = parse_strictly(message, bytes, "a hello");
  REQUIRE_FALSE(strict.ok());
  CHECK(strict.error().kind == ErrorKind::kBadData);
  CHECK(strict.error().message == "cannot read a hello: it has an unknown field in Hello");
}

TEST_CASE("WhatIsMissingIsNamed") {
  CHECK(require_part(true, "a hello", "name").ok());
  const Status missing = require_part(false, "a hello", "name");
  REQUIRE_FALSE(missing.ok());
  CHECK(missing.error().message == "cannot read a hello: it has no name");
}

}  // namespace
}  // namespace weir
