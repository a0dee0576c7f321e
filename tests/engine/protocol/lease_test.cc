// Goal: a worker's lease never outlasts what its coordinator believes. Method: small stories; that
// it is enough for a whole cluster is shown in cluster_histories.cc.
#include "engine/protocol/lease.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

constexpr int64_t kSecond = 1'000'000;

TEST_CASE("LeaseLastsFromWhenTheHelloWasSent") {
  const Lease lease({}, 10 * kSecond);
  REQUIRE_FALSE(lease.expired(13 * kSecond - 1));
  REQUIRE(lease.expired(13 * kSecond));
  REQUIRE(lease.next_wakeup() == 11 * kSecond);
}

TEST_CASE("LeaseLastsFromWhenTheRenewedHeartbeatWasSent") {
  Lease lease({}, 0);
  lease.sent(1, 1 * kSecond);
  lease.sent(2, 2 * kSecond);
  lease.renewed(1, 2 * kSecond + 500'000);
  REQUIRE(lease.ends_us() == 4 * kSecond);
  lease.renewed(2, 3 * kSecond);
  REQUIRE(lease.ends_us() == 5 * kSecond);
}

TEST_CASE("LeaseIgnoresAnswersToHeartbeatsThatItDidNotSend") {
  Lease lease({}, 0);
  lease.sent(1, 1 * kSecond);
  lease.renewed(7, 2 * kSecond);
  REQUIRE(lease.ends_us() == 3 * kSecond);
}

TEST_CASE("LeaseDoesNotComeBackWhenAnAnswerIsTooLate") {
  Lease lease({}, 0);
  lease.sent(1, 1 * kSecond);
  lease.renewed(1, 3 * kSecond);
  REQUIRE(lease.expired(3 * kSecond));
}

TEST_CASE("LeaseSaysWhenAHeartbeatIsDueAndThenWhenItEnds") {
  Lease lease({.lease_us = 3 * kSecond, .beat_us = 2 * kSecond}, 0);
  REQUIRE(lease.next_wakeup() == 2 * kSecond);
  REQUIRE(lease.beat_due(2 * kSecond));
  lease.sent(1, 2 * kSecond);
  REQUIRE_FALSE(lease.beat_due(3 * kSecond));
  REQUIRE(lease.next_wakeup() == 3 * kSecond);
}

}  // namespace
}  // namespace weir
