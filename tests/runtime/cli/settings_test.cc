// The order of command line, environment, file and default, on the real commands.
#include "runtime/cli/settings.h"

#include "runtime/cli/weir_line.h"

#include <CLI/CLI.hpp>
#include <catch2/catch.hpp>

#include <map>
#include <string>

namespace weir {
namespace {

// A command line with all that stands around it.
struct Desk {
  std::map<std::string, std::string> variables;
  std::string yaml;
  WeirLine line = {};
  std::map<std::string, Held> held = {};
  std::string refusal = {};

  Desk& say(const std::string& words) {
    CLI::App app;
    add_commands(app, line);
    app.parse(words, false);
    CLI::App& command = *app.get_subcommands().front();
    const ConfigFile file = ConfigFile::parse("w.yaml", yaml, keys_of(app)).value();
    const Environment environment = [this](const std::string& name) -> std::optional<std::string> {
      const auto found = variables.find(name);
      return found == variables.end() ? std::nullopt : std::optional(found->second);
    };
    const Result<std::vector<Held>> settled = settle(command, environment, file);
    if (!settled.ok()) {
      refusal = settled.error().message;
      return *this;
    }
    for (const Held& each : *settled) held[each.key] = each;
    take_pairs(command.get_name(), file, line);
    return *this;
  }

  std::string origin(const std::string& key) const {
    const Held& found = held.at(key);
    return std::string(origin_name(found.origin)) + " " + found.value + " " + found.place;
  }
};

TEST_CASE("AFlagComesBeforeTheEnvironmentThenTheFileThenTheDefault") {
  Desk all{.variables = {{"WEIR_SLOTS", "5"}}, .yaml = "slots: 6"};
  CHECK(all.say("worker --slots 4").line.server.worker.slots == 4);
  CHECK(all.origin("slots") == "flag 4 --slots");

  Desk two{.variables = {{"WEIR_SLOTS", "5"}}, .yaml = "slots: 6"};
  CHECK(two.say("worker").line.server.worker.slots == 5);
  CHECK(two.origin("slots") == "environment 5 WEIR_SLOTS");

  Desk one{.yaml = "\nslots: 6"};
  CHECK(one.say("worker").line.server.worker.slots == 6);
  CHECK(one.origin("slots") == "file 6 w.yaml:2");

  Desk none;
  CHECK(none.say("worker").line.server.worker.slots >= 1);
  CHECK(none.origin("slots") == "default one for each core ");
}

TEST_CASE("ASectionOfTheCommandComesBeforeTheTopOfTheFile") {
  const std::string yaml = "http: off\ncoordinator:\n  http: a:1\n";
  CHECK(Desk{.yaml = yaml}.say("coordinator").line.server.coordinator.http == "a:1");
  CHECK(Desk{.yaml = yaml}.say("worker").line.server.worker.http == "off");
}

TEST_CASE("EveryKindOfOptionComesFromAFile") {
  Desk desk{.yaml =
                "parallelism: 3\njson: true\nquiet: no\nbatch-rows: 10\nstate: /s\n"
                "token-file: t\nmemory: 1GiB\nverbose: on\nrun: {http: 'localhost:0'}\n"};
  const RunArguments& run = desk.say("run a.sql").line.run;
  CHECK(desk.refusal.empty());
  CHECK(run.parallelism == 3U);
  CHECK(run.json);
  CHECK_FALSE(run.quiet);
  CHECK(run.batch_rows == 10);
  CHECK(run.state == "/s");
  CHECK(run.security.token == "t");
  CHECK(run.memory == "1GiB");
  CHECK(run.http == "localhost:0");
  CHECK(desk.line.verbose);
}

TEST_CASE("ClientsFindTheirCoordinatorInAFile") {
  Desk desk{.yaml = "coordinator: a:1\ntoken-file: t\ntls-ca: ca\nlist: {json: true}\n"};
  const ClientLine& client = desk.say("list").line.client;
  CHECK(client.connection.coordinator == "a:1");
  CHECK(client.connection.token_file == "t");
  CHECK(client.connection.tls_ca == "ca");
  CHECK(client.json);
}

TEST_CASE("AnEmptyVariableSaysNothing") {
  Desk desk{.variables = {{"WEIR_SLOTS", ""}}, .yaml = "slots: 6"};
  CHECK(desk.say("worker").line.server.worker.slots == 6);
}

TEST_CASE("AValueThatIsNoneIsRefusedByItsPlace") {
  Desk file{.yaml = "worker:\n  slots: many"};
  CHECK(file.say("worker").refusal ==
        "w.yaml:2: slots: 'many' is not a whole number from 1 to 4096");
  Desk variable{.variables = {{"WEIR_JSON", "perhaps"}}};
  CHECK(variable.say("list").refusal == "WEIR_JSON: 'perhaps' is neither true nor false");
  Desk address{.variables = {{"WEIR_HTTP", "here"}}};
  CHECK(address.say("worker").refusal.find("WEIR_HTTP: cannot use address \"here\"") == 0);
}

TEST_CASE("AValueThatAFlagReplacesIsNotLookedAt") {
  Desk desk{.variables = {{"WEIR_SLOTS", "many"}}, .yaml = "slots: none"};
  CHECK(desk.say("worker --slots 2").refusal.empty());
  CHECK(desk.line.server.worker.slots == 2);
}

TEST_CASE("PairsOfAFileStandBehindThoseOfTheCommandLine") {
  Desk desk{.yaml = "var: {A: 1, B: 2}\nset: {parallelism: 2}\n"};
  const JobFile& job = desk.say("submit a.sql --var B=3").line.client.submit.file;
  CHECK(job.variables == std::vector<std::string>{"B=3"});
  CHECK(job.configured_variables == std::map<std::string, std::string>{{"A", "1"}, {"B", "2"}});
  CHECK(job.configured_settings == std::map<std::string, std::string>{{"parallelism", "2"}});
  CHECK(desk.origin("var") == "flag A=(hidden) B=(hidden) B=(hidden) w.yaml:1 w.yaml:1 --var");
}

TEST_CASE("ASettingOfTheCommandLineComesBeforeTheOptionOfAFile") {
  Desk desk{.variables = {{"WEIR_MEMORY", "1GiB"}}, .yaml = "parallelism: 2"};
  const RunArguments& run = desk.say("run a.sql --set parallelism=4 --set memory=2GiB").line.run;
  CHECK_FALSE(run.parallelism.has_value());
  CHECK(run.memory.empty());
}

TEST_CASE("WhatOnlyACommandLineSaysHasNoKey") {
  CLI::App app;
  WeirLine line;
  add_commands(app, line);
  const CommandKeys keys = keys_of(app);
  for (const auto& [command, known] : keys) {
    for (const char* key : {"help", "config", "command", "FILE", "JOB"}) {
      CAPTURE(command, key);
      CHECK_FALSE(known.contains(key));
    }
  }
  CHECK(keys.at("explain").contains("format"));
  CHECK_FALSE(keys.at("explain").contains("json"));
}

TEST_CASE("AVariableIsTheKeyInCapitals") {
  CHECK(variable_of("tls-ca") == "WEIR_TLS_CA");
  CHECK(variable_of("memory") == "WEIR_MEMORY");
}

TEST_CASE("TheFileItselfIsNamedByTheFlagThenTheEnvironment") {
  const Environment environment = [](const std::string& variable) -> std::optional<std::string> {
    if (variable == "WEIR_CONFIG") return "/no/variable.yaml";
    return std::nullopt;
  };
  const auto message = [&](const std::string& flag) {
    return read_config(flag, environment, {}).error().message;
  };
  CHECK(message("/no/flag.yaml").find("/no/flag.yaml") != std::string::npos);
  CHECK(message("").find("/no/variable.yaml") != std::string::npos);
  CHECK(read_config("", [](const std::string&) { return std::nullopt; }, {}).ok());
}

}  // namespace
}  // namespace weir
