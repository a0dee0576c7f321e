#include "engine/plan/source_end.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

SourceSpec source(std::string connector, OptionMap options) {
  SourceSpec spec;
  spec.connector = std::move(connector);
  spec.options = std::move(options);
  return spec;
}

}  // namespace

TEST_CASE("OptionsSayWhichSourcesEnd") {
  CHECK(has_end(source("kafka", {{"stop", "latest"}})));
  CHECK_FALSE(has_end(source("kafka", {})));
  CHECK(has_end(source("file", {})));
  CHECK_FALSE(has_end(source("file", {{"stop", "never"}})));
  CHECK(has_end(source("generator", {{"rows", "10"}})));
  CHECK_FALSE(has_end(source("generator", {})));
}

TEST_CASE("EndlessTopicsAndFoldersGetNewSplits") {
  CHECK(finds_new_splits(source("kafka", {})));
  CHECK(finds_new_splits(source("file", {{"stop", "never"}})));
  CHECK_FALSE(finds_new_splits(source("file", {})));
  CHECK_FALSE(finds_new_splits(source("generator", {})));
}

}  // namespace weir
