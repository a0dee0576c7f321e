// The catalog keeps its own rules: what it says about defaults and names holds for every entry.
#include "engine/plan/options.h"

#include <catch2/catch.hpp>

#include <set>

namespace weir {

TEST_CASE("EveryDefaultHasTheFormOfItsOption") {
  for (const auto options : {table_options(), script_options()}) {
    for (const Option& option : options) {
      INFO(option.name);
      if (!option.fallback.empty()) CHECK(check_option(option, option.fallback).ok());
      CHECK_FALSE(option.sentence.empty());
      CHECK((option.form != OptionForm::kChoice || !option.choices.empty()));
    }
  }
}

TEST_CASE("NoConnectorKnowsAnOptionTwice") {
  for (const std::string connector : {"kafka", "file", "generator", "print", "blackhole"}) {
    std::set<std::string_view> names;
    for (const Option& option : table_options()) {
      const std::string known = "|" + std::string(option.connector) + "|";
      const bool has = option.connector.empty() || known.find("|" + connector + "|") != known.npos;
      if (has) CHECK(names.insert(option.name).second);
    }
  }
}

TEST_CASE("ScriptsMayAskForAsManyInstancesAsTheCommandLine") {
  const Result<const Option*> option = find_script_option("parallelism");
  REQUIRE(option.ok());
  CHECK((*option)->choices == "1|" + std::to_string(kParallelismMax));
}

TEST_CASE("ScriptOptionsAreThoseOfScripts") {
  for (const Option& option : script_options()) CHECK(option.scope == OptionScope::kScript);
  for (const Option& option : table_options()) CHECK(option.scope != OptionScope::kScript);
}

}  // namespace weir
