#include "runtime/cli/config_file.h"

#include "engine/expr/nearest_name.h"
#include "engine/plan/options.h"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>
#include <vector>

namespace weir {
namespace {

std::vector<std::string> names_of(const std::map<std::string, KeyForm>& keys) {
  std::vector<std::string> names;
  for (const auto& [name, form] : keys) names.push_back(name);
  return names;
}

// "list, show or worker"
std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (size_t i = 0; i < names.size(); ++i) {
    if (i > 0) text += i + 1 == names.size() ? " or " : ", ";
    text += names[i];
  }
  return text;
}

}  // namespace

// Reads one file; lives as long as that takes.
class ConfigReader {
 public:
  ConfigReader(const std::string& path, const CommandKeys& known) : path_(path), known_(known) {
    for (const auto& [command, keys] : known) {
      for (const auto& [key, form] : keys) anywhere_.try_emplace(key, form);
    }
  }

  Result<ConfigFile> read(const YAML::Node& root) {
    if (root.IsNull()) return std::move(file_);
    if (!root.IsMap()) {
      return refuse(root, "a configuration is keys with values, such as \"parallelism: 2\"");
    }
    for (const auto& entry : root) {
      const std::string key = TRY(key_of(entry.first));
      const bool is_section = entry.second.IsMap() && known_.contains(key);
      if (is_section) {
        TRY(read_section(key, entry.first, entry.second));
      } else {
        TRY(read_key("", key, entry.first, entry.second));
      }
    }
    return std::move(file_);
  }

 private:
  std::string place(const YAML::Node& node) const {
    return fmt::format("{}:{}", path_, node.Mark().line + 1);
  }
  Error refuse(const YAML::Node& node, const std::string& why) const {
    return user_error(fmt::format("{}: {}", place(node), why));
  }

  Result<std::string> key_of(const YAML::Node& node) const {
    if (node.IsScalar()) return node.Scalar();
    return refuse(node, "a key is the name of an option, such as \"parallelism\"");
  }

  Status read_section(const std::string& command, const YAML::Node& name, const YAML::Node& map) {
    if (file_.sections_.contains(command)) return twice(name, command);
    file_.sections_[command];
    for (const auto& entry : map) {
      const std::string key = TRY(key_of(entry.first));
      TRY(read_key(command, key, entry.first, entry.second));
    }
    return {};
  }

  Error twice(const YAML::Node& name, const std::string& key) const {
    return refuse(name, fmt::format("key \"{}\" stands twice: keep one of them", key));
  }

  // `command`: of a section; empty: at the top.
  Status read_key(const std::string& command, const std::string& key, const YAML::Node& name,
                  const YAML::Node& value) {
    const std::map<std::string, KeyForm>& keys = command.empty() ? anywhere_ : known_.at(command);
    const auto found = keys.find(key);
    if (found == keys.end()) return refuse(name, unknown(command, key, value));
    ConfigFile::Section& section = file_.sections_[command];
    if (section.values.contains(key) || section.pairs.contains(key)) return twice(name, key);
    if (found->second == KeyForm::kValue) {
      section.values[key] = TRY(scalar(key, name, value));
      return {};
    }
    const bool are_settings = found->second == KeyForm::kSettings;
    section.pairs[key] = TRY(pairs(key, name, value, are_settings));
    return {};
  }

  std::string unknown(const std::string& command, const std::string& key,
                      const YAML::Node& value) const {
    if (command.empty() && value.IsMap()) {
      std::vector<std::string> commands;
      for (const auto& [each, keys] : known_) commands.push_back(each);
      return fmt::format("\"{}\" is no command that could have a section{}; weir help lists them",
                         key, did_you_mean(key, commands));
    }
    if (command.empty()) {
      return fmt::format("key \"{}\" is no option of any command{}; weir config lists them", key,
                         did_you_mean(key, names_of(anywhere_)));
    }
    std::vector<std::string> others;
    for (const auto& [other, keys] : known_) {
      if (keys.contains(key)) others.push_back(other);
    }
    if (!others.empty()) {
      return fmt::format(
          "key \"{}\" is no option of weir {}, but of {}: move it there, or to the top", key,
          command, listed(others));
    }
    return fmt::format("key \"{}\" is no option of weir {}{}; weir config {} lists them", key,
                       command, did_you_mean(key, names_of(known_.at(command))), command);
  }

  Result<ConfigValue> scalar(const std::string& key, const YAML::Node& name,
                             const YAML::Node& value) const {
    if (value.IsScalar()) return ConfigValue{value.Scalar(), place(name)};
    if (value.IsNull()) {
      return refuse(name, fmt::format("key \"{}\" has no value: write one, or remove it", key));
    }
    return refuse(name, fmt::format("key \"{}\" takes one value, not a {}", key,
                                    value.IsMap() ? "map" : "list"));
  }

  Result<ConfigPairs> pairs(const std::string& key, const YAML::Node& name, const YAML::Node& value,
                            bool are_settings) const {
    ConfigPairs out;
    if (value.IsMap()) {
      for (const auto& entry : value) {
        std::string pair_name = TRY(key_of(entry.first));
        ConfigValue text = TRY(scalar(pair_name, entry.first, entry.second));
        TRY(add_pair(out, entry.first, std::move(pair_name), std::move(text), are_settings));
      }
      return out;
    }
    const std::string wanted =
        fmt::format("\"{}\" takes names with values, such as \"{}: {{NAME: VALUE}}\"", key, key);
    if (!value.IsSequence()) return refuse(name, wanted);
    for (const YAML::Node& item : value) {
      const size_t equals = item.IsScalar() ? item.Scalar().find('=') : 0;
      if (equals == 0 || equals == std::string::npos) {
        return refuse(item, wanted + fmt::format(" or \"{}: [NAME=VALUE]\"", key));
      }
      const std::string& text = item.Scalar();
      ConfigValue pair_value{text.substr(equals + 1), place(item)};
      TRY(add_pair(out, item, text.substr(0, equals), std::move(pair_value), are_settings));
    }
    return out;
  }

  Status add_pair(ConfigPairs& pairs, const YAML::Node& node, std::string name, ConfigValue value,
                  bool is_setting) const {
    if (pairs.contains(name)) return twice(node, name);
    if (is_setting) {
      const Result<const Option*> option = find_script_option(name);
      if (!option.ok()) return refuse(node, option.error().message);
      const Status checked = check_option(**option, value.text);
      if (!checked.ok()) return refuse(node, checked.error().message);
    }
    pairs.emplace(std::move(name), std::move(value));
    return {};
  }

  const std::string& path_;
  const CommandKeys& known_;
  std::map<std::string, KeyForm> anywhere_;  // The keys of all commands.
  ConfigFile file_;
};

Result<ConfigFile> ConfigFile::read(const std::string& path, const CommandKeys& known) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) {
    return user_error(fmt::format("cannot read configuration file {}: it is a folder", path));
  }
  std::ifstream in(path, std::ios::binary);
  if (!in) {
    return user_error(fmt::format("cannot read configuration file {}: {}", path, strerror(errno)));
  }
  std::ostringstream text;
  text << in.rdbuf();
  return parse(path, text.str(), known);
}

Result<ConfigFile> ConfigFile::parse(const std::string& path, std::string_view yaml,
                                     const CommandKeys& known) {
  try {
    const std::vector<YAML::Node> documents = YAML::LoadAll(std::string(yaml));
    if (documents.empty()) return ConfigFile();
    if (documents.size() > 1) {
      return user_error(fmt::format(
          "{}:{}: there is more than one document: put all keys in the first, without ---", path,
          documents[1].Mark().line + 1));
    }
    return ConfigReader(path, known).read(documents.front());
  } catch (const YAML::Exception& error) {
    return user_error(fmt::format("{}:{}:{}: not YAML: {}", path, error.mark.line + 1,
                                  error.mark.column + 1, error.msg));
  }
}

std::optional<ConfigValue> ConfigFile::value(const std::string& command,
                                             const std::string& key) const {
  for (const std::string& name : {command, std::string()}) {
    const auto section = sections_.find(name);
    if (section == sections_.end()) continue;
    const auto found = section->second.values.find(key);
    if (found != section->second.values.end()) return found->second;
  }
  return std::nullopt;
}

ConfigPairs ConfigFile::pairs(const std::string& command, const std::string& key) const {
  ConfigPairs out;
  for (const std::string& name : {command, std::string()}) {
    const auto section = sections_.find(name);
    if (section == sections_.end()) continue;
    const auto found = section->second.pairs.find(key);
    if (found != section->second.pairs.end())
      out.insert(found->second.begin(), found->second.end());
  }
  return out;
}

}  // namespace weir
