#include "operators/connectors/kafka/advice.h"

#include <catch2/catch.hpp>

namespace weir::kafka {

namespace {

std::string for_code(rd_kafka_resp_err_t code) { return advice(code, "weir/a1b2/insert/3", "out"); }

}  // namespace

TEST_CASE("ARightThatIsMissingIsNamedWithItsResource") {
  CHECK_THAT(for_code(RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED),
             Catch::Contains("WRITE") && Catch::Contains("--transactional-id weir/ ") &&
                 Catch::Contains("prefixed"));
  CHECK_THAT(for_code(RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED),
             Catch::Contains("READ") && Catch::Contains("--group weir/ "));
  CHECK_THAT(for_code(RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED),
             Catch::Contains("WRITE") && Catch::Contains("--topic out"));
  CHECK_THAT(for_code(RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED),
             Catch::Contains("IDEMPOTENT_WRITE"));
}

TEST_CASE("ASettingThatIsWrongIsNamed") {
  CHECK_THAT(for_code(RD_KAFKA_RESP_ERR_INVALID_TRANSACTION_TIMEOUT),
             Catch::Contains("transaction.max.timeout.ms"));
  CHECK_THAT(for_code(RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE), Catch::Contains("max.message.bytes"));
}

TEST_CASE("ThereIsNothingToDoAboutWhatPasses") {
  CHECK(for_code(RD_KAFKA_RESP_ERR__TIMED_OUT).empty());
  CHECK(for_code(RD_KAFKA_RESP_ERR__FENCED).empty());
  CHECK(for_code(RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS).empty());
  CHECK(for_code(RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE).empty());
}

}  // namespace weir::kafka
