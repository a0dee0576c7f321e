#include "runtime/cli/job_file.h"

#include "engine/plan/graph_text.h"
#include "engine/plan/job_options.h"
#include "engine/sql/sql.h"
#include "runtime/cli/connectors.h"
#include "runtime/cli/yaml.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <thread>

namespace weir {
namespace {

Result<std::string> read_file(const std::string& path) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) {
    return user_error(fmt::format("cannot read job file {}: it is a folder", path));
  }
  std::ifstream in(path, std::ios::binary);
  if (!in) return user_error(fmt::format("cannot read job file {}: {}", path, strerror(errno)));
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

// "name=value" to its two parts.
Result<std::pair<std::string, std::string>> split_pair(const std::string& pair, const char* flag) {
  const size_t equals = pair.find('=');
  if (equals == std::string::npos || equals == 0) {
    return user_error(fmt::format("{} wants NAME=VALUE, but got '{}'", flag, pair));
  }
  return std::pair(pair.substr(0, equals), pair.substr(equals + 1));
}

Result<JobGraph> load_sql(const std::string& text, const JobFile& file) {
  std::map<std::string, std::string, std::less<>> variables;
  for (const std::string& pair : file.variables) {
    auto [name, value] = TRY(split_pair(pair, "--var"));
    variables.insert_or_assign(std::move(name), std::move(value));
  }
  SqlScript script{.text = text};
  if (!file.path.empty()) script.file = file.path;
  script.variables = [&variables](std::string_view name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    if (found != variables.end()) return found->second;
    const char* value = std::getenv(std::string(name).c_str());
    return value == nullptr ? std::nullopt : std::optional<std::string>(value);
  };
  script.check_table = check_table;
  return sql_to_job_graph(script);
}

Result<JobGraph> load_graph(const std::string& text, const std::string& path) {
  const bool is_json = path.ends_with(".json");
  std::string json = text;
  if (!is_json) json = TRY(yaml_to_json(text));
  JobGraph graph = TRY(job_graph_from_json(json, sql_expression));
  for (const Vertex& vertex : graph.vertices) {
    const std::optional<TableFault> fault = check_table(vertex.spec);
    if (fault) return user_error(fmt::format("step \"{}\": {}", vertex.id, fault->message));
  }
  return graph;
}

Result<JobGraph> load_text(const JobFile& file) {
  if (file.path.empty()) return load_sql(file.sql, file);
  const std::string text = TRY(read_file(file.path));
  const std::string extension = std::filesystem::path(file.path).extension();
  if (extension == ".sql") return load_sql(text, file);
  if (extension == ".yaml" || extension == ".yml" || extension == ".json") {
    Result<JobGraph> graph = load_graph(text, file.path);
    if (graph.ok()) return graph;
    return user_error(fmt::format("{}: {}", file.path, graph.error().message));
  }
  return user_error(fmt::format(
      "cannot tell what kind of job {} is: name it .sql, or .yaml or .json for a graph file",
      file.path));
}

}  // namespace

uint32_t parallelism_of(const std::optional<uint32_t>& flag, const JobGraph& graph) {
  const uint32_t cores = std::max(1U, std::thread::hardware_concurrency());
  return flag.value_or(graph.options.parallelism.value_or(cores));
}

Result<JobGraph> load_job(const JobFile& file) {
  JobGraph graph = TRY(load_text(file));
  for (const std::string& pair : file.settings) {
    const auto [name, value] = TRY(split_pair(pair, "--set"));
    TRY(set_job_option(graph.options, name, value));
  }
  if (graph.options.job_name.empty()) {
    graph.options.job_name = file.path.empty() ? "job" : std::filesystem::path(file.path).stem();
  }
  return graph;
}

}  // namespace weir
