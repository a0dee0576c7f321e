#include "operators/connectors/kafka/handles.h"

#include <catch2/catch.hpp>

namespace weir::kafka {

TEST_CASE("MakesHandlesFromGoodSettings") {
  CHECK(make_handle(RD_KAFKA_PRODUCER, ConfPtr(rd_kafka_conf_new())).ok());
}

TEST_CASE("ReportsWhyAHandleCannotBeMade") {
  ConfPtr conf(rd_kafka_conf_new());
  char reason[512] = {};
  REQUIRE(rd_kafka_conf_set(conf.get(), "security.protocol", "ssl", reason, sizeof reason) ==
          RD_KAFKA_CONF_OK);
  REQUIRE(rd_kafka_conf_set(conf.get(), "ssl.ca.location", "/nowhere/ca.pem", reason,
                            sizeof reason) == RD_KAFKA_CONF_OK);
  const auto handle = make_handle(RD_KAFKA_PRODUCER, std::move(conf));
  REQUIRE_FALSE(handle.ok());
  CHECK(handle.error().kind == ErrorKind::kUser);
  CHECK_THAT(handle.error().message, Catch::StartsWith("cannot set up the kafka client: "));
}

TEST_CASE("ListsOnePartition") {
  const PartitionsPtr list = one_partition("t", 3, 42);
  REQUIRE(list->cnt == 1);
  CHECK(std::string(list->elems[0].topic) == "t");
  CHECK(list->elems[0].partition == 3);
  CHECK(list->elems[0].offset == 42);
}

}  // namespace weir::kafka
