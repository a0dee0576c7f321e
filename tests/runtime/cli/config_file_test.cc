// What a configuration file says, and how one that says something wrong is refused: by file, line
// and key.
#include "runtime/cli/config_file.h"

#include <catch2/catch.hpp>

#include <string>

namespace weir {
namespace {

const CommandKeys kKnown = {
    {"run", {{"memory", KeyForm::kValue}, {"var", KeyForm::kPairs}, {"set", KeyForm::kSettings}}},
    {"worker", {{"memory", KeyForm::kValue}, {"slots", KeyForm::kValue}}},
    {"list", {{"coordinator", KeyForm::kValue}}},
    {"coordinator", {{"store", KeyForm::kValue}}}};

ConfigFile read(const std::string& yaml) {
  Result<ConfigFile> file = ConfigFile::parse("w.yaml", yaml, kKnown);
  INFO(yaml);
  if (!file.ok()) FAIL(file.error().message);
  return std::move(file).value();
}

std::string refusal(const std::string& yaml) {
  const Result<ConfigFile> file = ConfigFile::parse("w.yaml", yaml, kKnown);
  INFO(yaml);
  REQUIRE_FALSE(file.ok());
  REQUIRE(file.error().kind == ErrorKind::kUser);
  return file.error().message;
}

std::string text(const ConfigFile& file, const std::string& command, const std::string& key) {
  const std::optional<ConfigValue> value = file.value(command, key);
  return value ? value->text + " " + value->place : "-";
}

std::string pairs(const ConfigFile& file, const std::string& command, const std::string& key) {
  std::string out;
  for (const auto& [name, value] : file.pairs(command, key)) {
    out += name + "=" + value.text + " " + value.place + ";";
  }
  return out;
}

TEST_CASE("AKeyAtTheTopIsForAllAndOneInASectionComesFirst") {
  const ConfigFile file = read("memory: 1GiB\nworker:\n  memory: 2GiB\n  slots: 4\n");
  CHECK(text(file, "run", "memory") == "1GiB w.yaml:1");
  CHECK(text(file, "worker", "memory") == "2GiB w.yaml:3");
  CHECK(text(file, "worker", "slots") == "4 w.yaml:4");
  CHECK(text(file, "list", "coordinator") == "-");
}

TEST_CASE("AWordCanBeACommandAndAnOption") {
  const ConfigFile file = read("coordinator: a:1\n");
  CHECK(text(file, "list", "coordinator") == "a:1 w.yaml:1");
  CHECK(text(read("coordinator:\n  store: /s\n"), "coordinator", "store") == "/s w.yaml:2");
}

TEST_CASE("AFileMayBeEmpty") {
  for (const char* yaml : {"", "# nothing\n", "---\n", "{}"}) {
    CHECK(text(read(yaml), "run", "memory") == "-");
  }
}

TEST_CASE("ValuesStayAsTheyAreWritten") {
  CHECK(text(read("slots: 007"), "worker", "slots") == "007 w.yaml:1");
  CHECK(text(read("slots: \"4\""), "worker", "slots") == "4 w.yaml:1");
}

TEST_CASE("PairsAreAMapOrAListAndSectionsAddToThem") {
  const ConfigFile file =
      read("var: {A: 1, B: 2}\nrun:\n  var: [B=3, 'C=x=y']\n  set:\n    parallelism: 2\n");
  CHECK(pairs(file, "run", "var") == "A=1 w.yaml:1;B=3 w.yaml:3;C=x=y w.yaml:3;");
  CHECK(pairs(file, "run", "set") == "parallelism=2 w.yaml:5;");
  CHECK(pairs(file, "worker", "var") == "A=1 w.yaml:1;B=2 w.yaml:1;");
}

TEST_CASE("AnUnknownKeyIsRefusedWithItsPlaceAndTheNearestName") {
  CHECK(refusal("# a\nmemroy: 1GiB") ==
        "w.yaml:2: key \"memroy\" is no option of any command; did you mean \"memory\"?; weir "
        "config lists them");
  CHECK(refusal("worker:\n  slot: 1") ==
        "w.yaml:2: key \"slot\" is no option of weir worker; did you mean \"slots\"?; weir config "
        "worker lists them");
  CHECK(refusal("run:\n  slots: 1") ==
        "w.yaml:2: key \"slots\" is no option of weir run, but of worker: move it there, or to the "
        "top");
  CHECK(refusal("wroker:\n  slots: 1") ==
        "w.yaml:1: \"wroker\" is no command that could have a section; did you mean \"worker\"?; "
        "weir help lists them");
}

TEST_CASE("AnUnknownSettingIsRefusedWithItsPlaceAndSoIsOneOfAnotherForm") {
  CHECK(refusal("set:\n  paralelism: 2") ==
        "w.yaml:2: setting \"paralelism\" does not exist; did you mean \"parallelism\"?");
  CHECK(refusal("set:\n- checkpoint_interval=soon")
            .find("w.yaml:2: option \"checkpoint_interval\""
                  " takes an interval") == 0);
}

TEST_CASE("AConfiguredKeyThatStandsTwiceIsRefused") {
  for (const char* yaml : {"memory: 1\nmemory: 2", "worker: {slots: 1}\nworker: {slots: 2}",
                           "var: {A: 1, A: 2}", "var: [A=1, A=2]"}) {
    CHECK(refusal(yaml).find("stands twice: keep one of them") != std::string::npos);
  }
}

TEST_CASE("WhatHasAnotherShapeIsRefused") {
  CHECK(refusal("memory:") == "w.yaml:1: key \"memory\" has no value: write one, or remove it");
  CHECK(refusal("memory: [1, 2]") == "w.yaml:1: key \"memory\" takes one value, not a list");
  CHECK(refusal("worker:\n  slots: {a: 1}") ==
        "w.yaml:2: key \"slots\" takes one value, not a map");
  CHECK(refusal("var: A=1") ==
        "w.yaml:1: \"var\" takes names with values, such as \"var: {NAME: VALUE}\"");
  CHECK(refusal("var: [A]").find("or \"var: [NAME=VALUE]\"") != std::string::npos);
  CHECK(refusal("- a\n- b").find("w.yaml:1: a configuration is keys with values") == 0);
  CHECK(refusal("[a]: 1").find("w.yaml:1: a key is the name of an option") == 0);
  CHECK(refusal("memory: 1\n---\nmemory: 2").find("more than one document") != std::string::npos);
}

TEST_CASE("WhatIsNoYamlIsRefusedWithLineAndColumn") {
  CHECK(refusal("memory: [1,\nslots: 2").find("w.yaml:2:") == 0);
}

TEST_CASE("AFileThatCannotBeReadIsRefused") {
  const auto message = [](const std::string& path) {
    return ConfigFile::read(path, kKnown).error().message;
  };
  CHECK(message("/no/such.yaml") ==
        "cannot read configuration file /no/such.yaml: No such file or directory");
  CHECK(message("/") == "cannot read configuration file /: it is a folder");
}

}  // namespace
}  // namespace weir
