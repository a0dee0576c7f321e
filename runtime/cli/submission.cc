#include "runtime/cli/submission.h"

#include "engine/plan/options.h"
#include "engine/sql/script_text.h"

#include <boost/json.hpp>
#include <fmt/format.h>

namespace weir {
namespace {

namespace json = boost::json;

json::object texts(const std::map<std::string, std::string>& values) {
  json::object object;
  for (const auto& [name, value] : values) object[name] = json::string(value);
  return object;
}

VariableLookup only(const std::map<std::string, std::string>& values) {
  return [&values](std::string_view name) -> std::optional<std::string> {
    const auto found = values.find(std::string(name));
    return found == values.end() ? std::nullopt : std::optional<std::string>(found->second);
  };
}

}  // namespace

Result<SubmitRequest> make_submission(const JobFile& file) {
  JobText job = TRY(read_job(file));
  SubmitRequest request{.kind = job.is_graph ? ScriptKind::kGraphJson : ScriptKind::kSql};
  request.file = job.file;
  request.settings = std::move(job.settings);
  if (!job.is_graph) {
    SqlScript script{.text = job.text};
    if (!job.file.empty()) script.file = job.file;
    script.variables = [&](std::string_view name) {
      std::optional<std::string> value = job.variables(name);
      if (value.has_value()) request.variables.insert_or_assign(std::string(name), *value);
      return value;
    };
    TRY(ScriptText::fill(script, nullptr));
  }
  request.script = std::move(job.text);
  return request;
}

std::string submission_json(const SubmitRequest& request) {
  json::object object;
  object[request.kind == ScriptKind::kSql ? "sql" : "graph"] = json::string(request.script);
  if (!request.name.empty()) object["name"] = json::string(request.name);
  if (!request.file.empty()) object["file"] = json::string(request.file);
  if (request.parallelism.has_value()) object["parallelism"] = *request.parallelism;
  if (!request.from.empty()) object["from"] = json::string(request.from);
  if (request.fork) object["fork"] = true;
  if (!request.variables.empty()) object["variables"] = texts(request.variables);
  if (!request.settings.empty()) object["settings"] = texts(request.settings);
  return json::serialize(object);
}

Answer<JobGraph> read_submission(const SubmitRequest& request) {
  const JobText job{.text = request.script,
                    .is_graph = request.kind == ScriptKind::kGraphJson,
                    .file = request.file,
                    .variables = only(request.variables),
                    .settings = request.settings};
  SqlError place;
  Result<JobGraph> read = job_of_text(job, &place);
  if (!read.ok()) {
    Refusal refusal = refusal_of(std::move(read).error());
    refusal.line = place.line;
    refusal.column = place.column;
    return refusal;
  }
  JobGraph graph = std::move(read).value();
  if (!request.name.empty()) graph.options.job_name = request.name;
  if (request.parallelism.has_value()) graph.options.parallelism = request.parallelism;
  return graph;
}

}  // namespace weir
