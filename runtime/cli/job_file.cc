#include "runtime/cli/job_file.h"

#include "engine/plan/graph_text.h"
#include "engine/plan/job_options.h"
#include "runtime/cli/connectors.h"
#include "runtime/cli/yaml.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
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

using Texts = std::map<std::string, std::string>;

Result<Texts> read_pairs(const std::vector<std::string>& pairs, const char* flag) {
  Texts texts;
  for (const std::string& pair : pairs) {
    auto [name, value] = TRY(split_pair(pair, flag));
    texts.insert_or_assign(std::move(name), std::move(value));
  }
  return texts;
}

// The environment stands between the two.
VariableLookup variables_of(Texts given, Texts configured) {
  return [given = std::move(given),
          configured = std::move(configured)](std::string_view name) -> std::optional<std::string> {
    const std::string key(name);
    const auto found = given.find(key);
    if (found != given.end()) return found->second;
    const char* value = std::getenv(key.c_str());
    if (value != nullptr) return value;
    const auto fallback = configured.find(key);
    return fallback == configured.end() ? std::nullopt : std::optional(fallback->second);
  };
}

Result<JobGraph> graph_of_sql(const JobText& job, SqlError* place) {
  SqlScript script{.text = job.text, .variables = job.variables, .check_table = check_table};
  if (!job.file.empty()) script.file = job.file;
  return sql_to_job_graph(script, place);
}

Result<JobGraph> graph_of_json(const std::string& text) {
  JobGraph graph = TRY(job_graph_from_json(text, sql_expression));
  for (const Vertex& vertex : graph.vertices) {
    const std::optional<TableFault> fault = check_table(vertex.spec);
    if (fault) return user_error(fmt::format("step \"{}\": {}", vertex.id, fault->message));
  }
  return graph;
}

// The error of a graph file, which its text knows no name of.
Error in_file(const std::string& file, Error error) {
  if (!file.empty()) error.message = fmt::format("{}: {}", file, error.message);
  return error;
}

}  // namespace

uint32_t parallelism_of(const std::optional<uint32_t>& flag, const JobGraph& graph) {
  const uint32_t cores = std::max(1U, std::thread::hardware_concurrency());
  return flag.value_or(graph.options.parallelism.value_or(cores));
}

Result<JobText> read_job(const JobFile& file) {
  JobText job{.text = file.sql, .file = file.path};
  Texts variables = TRY(read_pairs(file.variables, "--var"));
  job.variables = variables_of(std::move(variables), file.configured_variables);
  job.settings = TRY(read_pairs(file.settings, "--set"));
  job.settings.insert(file.configured_settings.begin(), file.configured_settings.end());
  if (file.path.empty()) return job;
  job.text = TRY(read_file(file.path));
  const std::string extension = std::filesystem::path(file.path).extension();
  if (extension == ".sql") return job;
  job.is_graph = extension == ".yaml" || extension == ".yml" || extension == ".json";
  if (!job.is_graph) {
    return user_error(fmt::format(
        "cannot tell what kind of job {} is: name it .sql, or .yaml or .json for a graph file",
        file.path));
  }
  if (extension == ".json") return job;
  Result<std::string> json = yaml_to_json(job.text);
  if (!json.ok()) return in_file(file.path, std::move(json).error());
  job.text = std::move(json).value();
  return job;
}

Result<JobGraph> job_of_text(const JobText& job, SqlError* place) {
  Result<JobGraph> read = job.is_graph ? graph_of_json(job.text) : graph_of_sql(job, place);
  if (!read.ok()) return job.is_graph ? in_file(job.file, read.error()) : read.error();
  JobGraph graph = std::move(read).value();
  for (const auto& [name, value] : job.settings) {
    TRY(set_job_option(graph.options, name, value));
  }
  // Settings, too, are of a form that can be written and cannot be run: no time between
  // checkpoints.
  if (!job.settings.empty()) TRY(validate(graph));
  if (graph.options.job_name.empty()) {
    graph.options.job_name = job.file.empty() ? "job" : std::filesystem::path(job.file).stem();
  }
  return graph;
}

Result<JobGraph> load_job(const JobFile& file) {
  const JobText job = TRY(read_job(file));
  return job_of_text(job);
}

}  // namespace weir
