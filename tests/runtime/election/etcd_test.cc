// Goal: what etcd is asked means there what election.h takes it for. Method: a real etcd.
#include "runtime/election/etcd.h"

#include "tests/runtime/election/real_etcd.h"
#include "tests/runtime/messages/certificates.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

using Catch::Contains;
using election::LeaseId;

constexpr int64_t kTtl = 60'000'000;

Etcd client(const RealEtcd& etcd) {
  return Etcd({.endpoints = {etcd.address()}, .prefix = "p"}, {});
}

TEST_CASE("AnElectionsAddressNamesEndpointsAndPrefix") {
  const EtcdAddress one = parse_etcd_address("etcd://e:2379").value();
  REQUIRE(one.endpoints.size() == 1);
  REQUIRE(one.prefix == "weir");
  REQUIRE_FALSE(one.tls);
  const EtcdAddress many = parse_etcd_address("etcds://a:1,[::1]:2/team/weir/").value();
  REQUIRE(many.endpoints.size() == 2);
  REQUIRE(many.endpoints[1].host == "::1");
  REQUIRE(many.prefix == "team/weir");
  REQUIRE(many.tls);
}

TEST_CASE("AnAddressThatIsNoneIsRefusedWithTheFormThatIs") {
  for (const char* text : {"e:2379", "http://e:2379", "etcd://", "etcd://e", "etcd://:2379", ""}) {
    INFO(text);
    REQUIRE(parse_etcd_address(text).error().kind == ErrorKind::kUser);
  }
  REQUIRE_THAT(parse_etcd_address("zk://e:1").error().message, Contains("etcd://host:port"));
}

TEST_CASE("TheFirstClaimHasTheKeyUntilItsLeaseIsRevoked") {
  const RealEtcd etcd;
  Etcd a = client(etcd);
  Etcd b = client(etcd);
  REQUIRE_FALSE(a.look().value().holder.has_value());
  const LeaseId first = a.grant(kTtl).value().lease;
  const LeaseId second = b.grant(kTtl).value().lease;
  REQUIRE(first != second);
  REQUIRE(a.claim(first, "a:7000").value().is_ours);
  const election::Claimed lost = b.claim(second, "b:7000").value();
  REQUIRE_FALSE(lost.is_ours);
  REQUIRE(lost.holder == election::Holder{"a:7000", first});
  REQUIRE(b.look().value().holder == election::Holder{"a:7000", first});
  REQUIRE(a.revoke(first).ok());
  REQUIRE_FALSE(b.look().value().holder.has_value());
  REQUIRE(b.claim(second, "b:7000").value().is_ours);
}

TEST_CASE("ALeaseIsKeptAliveForAsLongAsItWasGranted") {
  const RealEtcd etcd;
  Etcd a = client(etcd);
  const election::Granted granted = a.grant(kTtl).value();
  REQUIRE(granted.ttl_us == kTtl);
  REQUIRE(a.keep_alive(granted.lease).value().ttl_us == kTtl);
}

TEST_CASE("ALeaseThatIsGoneIsNotKeptAliveAndClaimsNothing") {
  const RealEtcd etcd;
  Etcd a = client(etcd);
  const LeaseId lease = a.grant(kTtl).value().lease;
  REQUIRE(a.revoke(lease).ok());
  REQUIRE_FALSE(a.keep_alive(lease).value().ttl_us.has_value());
  REQUIRE_FALSE(a.claim(lease, "a:7000").ok());
  REQUIRE(a.revoke(lease).ok());
}

TEST_CASE("ElectionsOfOtherPrefixesAreOtherElections") {
  const RealEtcd etcd;
  Etcd a = client(etcd);
  Etcd b({.endpoints = {etcd.address()}, .prefix = "q"}, {});
  REQUIRE(a.claim(a.grant(kTtl).value().lease, "a:7000").value().is_ours);
  REQUIRE_FALSE(b.look().value().holder.has_value());
}

TEST_CASE("AnEndpointThatDoesNotAnswerIsFollowedByTheNext") {
  const RealEtcd frozen;
  const RealEtcd etcd;
  const HostPort nobody{.host = "127.0.0.1", .port = free_port()};
  Etcd a({.endpoints = {nobody, frozen.address(), etcd.address()}, .prefix = "p"}, {});
  frozen.freeze();
  REQUIRE(a.look().ok());
  frozen.thaw();
}

TEST_CASE("AnEtcdThatIsFrozenIsUnavailableAndAnswersWhenItIsNot") {
  const RealEtcd etcd;
  Etcd a = client(etcd);
  etcd.freeze();
  REQUIRE(a.look().error().kind == ErrorKind::kUnavailable);
  etcd.thaw();
  while (!a.look().ok()) {
  }
}

TEST_CASE("OverTlsOnlyWhoIsOfTheAuthorityTakesPart") {
  const Authority authority("cluster");
  const RealEtcd etcd(authority.issue("etcd"));
  Etcd one({.endpoints = {etcd.address()}, .prefix = "p", .tls = true}, authority.issue("a"));
  REQUIRE(one.look().ok());
  Etcd stranger({.endpoints = {etcd.address()}, .prefix = "p", .tls = true},
                Authority("other").issue("x"));
  REQUIRE_FALSE(stranger.look().ok());
  Etcd plain({.endpoints = {etcd.address()}, .prefix = "p"}, authority.issue("a"));
  REQUIRE_FALSE(plain.look().ok());
}

}  // namespace
}  // namespace weir
