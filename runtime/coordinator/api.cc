#include "runtime/coordinator/api.h"

#include "runtime/coordinator/api_request.h"
#include "runtime/coordinator/documents.h"
#include "runtime/coordinator/openapi.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace weir {
namespace {

namespace json = boost::json;

constexpr const char* kJson = "application/json";

struct Asked {
  ApiTarget target;
  std::string job;     // What stands for {job}
  std::string number;  // What stands for {number}
  const ApiRequest& request;
};

using Handler = Answer<ApiReply> (*)(ClusterApi& cluster, const Asked& asked);

struct Served {
  ApiRoute route;
  Handler handle;
};

int status_of(RefusalKind kind) {
  switch (kind) {
    case RefusalKind::kUser: return 400;
    case RefusalKind::kUnknown: return 404;
    case RefusalKind::kConflict: return 409;
    case RefusalKind::kCorrupt: return 500;
    case RefusalKind::kUnavailable: return 503;
  }
  unreachable();
}

ApiReply document(const json::object& object, int status = 200) {
  return {.status = status, .body = json::serialize(object) + "\n", .content_type = kJson};
}

ApiReply refused(const Refusal& refusal, int status = 0) {
  return document(error_document(refusal), status != 0 ? status : status_of(refusal.kind));
}

ApiReply plain(std::string text, std::string_view content_type) {
  return {.body = std::move(text), .content_type = std::string(content_type)};
}

// {"jobs": [...]}: never a bare array, so that something can be put beside it.
template <typename View>
ApiReply list(std::string_view key, const std::vector<View>& views,
              json::object (*shown)(const View&)) {
  json::array array;
  for (const View& view : views) array.push_back(shown(view));
  json::object object;
  object[key] = std::move(array);
  return document(object);
}

ApiReply accepted() { return document({{"accepted", true}}, 202); }

Answer<ApiReply> list_jobs(ClusterApi& cluster, const Asked&) {
  return list("jobs", TRY(cluster.jobs()), job_summary);
}

Answer<ApiReply> submit(ClusterApi& cluster, const Asked& asked) {
  const SubmitRequest request = TRY(read_submit(asked.target, asked.request));
  const std::string id = TRY(cluster.submit(request));
  return document({{"id", json::string_view(id)}}, 201);
}

Answer<ApiReply> show_job(ClusterApi& cluster, const Asked& asked) {
  return document(job_document(TRY(cluster.job(asked.job))));
}

Answer<ApiReply> cancel(ClusterApi& cluster, const Asked& asked) {
  TRY(cluster.cancel(asked.job));
  return accepted();
}

Answer<ApiReply> stop(ClusterApi& cluster, const Asked& asked) {
  const std::string to = TRY(read_place(asked.request));
  return document(savepoint_document(TRY(cluster.stop({.job = asked.job, .to = to}))), 202);
}

Answer<ApiReply> savepoint(ClusterApi& cluster, const Asked& asked) {
  const std::string to = TRY(read_place(asked.request));
  return document(savepoint_document(TRY(cluster.savepoint({.job = asked.job, .to = to}))), 202);
}

Answer<ApiReply> list_savepoints(ClusterApi& cluster, const Asked& asked) {
  return list("savepoints", TRY(cluster.job(asked.job)).savepoints, savepoint_document);
}

Answer<ApiReply> show_savepoint(ClusterApi& cluster, const Asked& asked) {
  const JobView job = TRY(cluster.job(asked.job));
  for (const SavepointView& each : job.savepoints) {
    if (std::to_string(each.id) == asked.number) return document(savepoint_document(each));
  }
  return Refusal{.kind = RefusalKind::kUnknown,
                 .message = fmt::format("job {} has no savepoint {}", job.name, asked.number)};
}

Answer<ApiReply> rescale(ClusterApi& cluster, const Asked& asked) {
  const uint32_t parallelism = TRY(read_parallelism(asked.request));
  TRY(cluster.rescale(asked.job, parallelism));
  return accepted();
}

// One of the words of the parameter "format"; the first is the default.
Answer<std::string> format_of(const Asked& asked, const std::vector<std::string>& known) {
  const auto found = asked.target.query.find("format");
  if (found == asked.target.query.end()) return known.front();
  if (std::find(known.begin(), known.end(), found->second) != known.end()) return found->second;
  return user_error(
      fmt::format("unknown format \"{}\"; known are {}", found->second, fmt::join(known, ", ")));
}

Answer<ApiReply> plan(ClusterApi& cluster, const Asked& asked) {
  const std::string format = TRY(format_of(asked, {"json", "text", "dot"}));
  const PlanView view = TRY(cluster.plan(asked.job));
  if (format == "text") return plain(view.text, "text/plain; charset=utf-8");
  if (format == "dot") return plain(view.dot, "text/vnd.graphviz; charset=utf-8");
  json::error_code error;
  json::value graph = json::parse(view.json, error);
  CHECK(!error);  // PlanView::json is what to_json has written.
  return document({{"text", json::string_view(view.text)}, {"graph", std::move(graph)}});
}

Answer<ApiReply> job_figures(ClusterApi& cluster, const Asked& asked) {
  const std::string format = TRY(format_of(asked, {"json", "prometheus"}));
  const std::vector<JobView> jobs{TRY(cluster.job(asked.job))};
  const std::vector<MetricFamily> metrics = job_metrics(jobs);
  if (format == "prometheus") return plain(metrics_text(metrics), kMetricsContentType);
  return list("metrics", metrics, metric_document);
}

Answer<ApiReply> checkpoints(ClusterApi& cluster, const Asked& asked) {
  return list("checkpoints", TRY(cluster.checkpoints(asked.job)), checkpoint_document);
}

Answer<ApiReply> why(ClusterApi& cluster, const Asked& asked) {
  return document(why_document(TRY(cluster.why(asked.job))));
}

Answer<ApiReply> logs(ClusterApi& cluster, const Asked& asked) {
  return list("events", TRY(cluster.logs(asked.job)), event_document);
}

Answer<ApiReply> show_cluster(ClusterApi& cluster, const Asked&) {
  return document(cluster_document(cluster.cluster()));
}

Answer<ApiReply> description(ClusterApi&, const Asked&) { return plain(openapi(), kJson); }

// Served without a leader too: then nothing is known of jobs.
Answer<ApiReply> all_figures(ClusterApi& cluster, const Asked&) {
  std::vector<MetricFamily> metrics = cluster_metrics(cluster.cluster());
  const Answer<std::vector<JobView>> jobs = cluster.jobs();
  if (jobs.ok()) {
    std::vector<MetricFamily> of_jobs = job_metrics(*jobs);
    std::move(of_jobs.begin(), of_jobs.end(), std::back_inserter(metrics));
  }
  return plain(metrics_text(metrics), kMetricsContentType);
}

Answer<ApiReply> alive(ClusterApi&, const Asked&) { return document({{"status", "alive"}}); }

Answer<ApiReply> ready(ClusterApi& cluster, const Asked&) {
  if (cluster.cluster().is_leader) return document({{"status", "ready"}});
  return Refusal{.kind = RefusalKind::kUnavailable, .message = "this coordinator does not lead"};
}

constexpr ApiParameter kSubmitQuery[] = {
    {"name", "string", "Name of the job, where the body is SQL"},
    {"parallelism", "integer", "Instances of each step, where the body is SQL"},
    {"from", "string", "Savepoint to go on from, where the body is SQL"},
    {"fork", "boolean", "With from: a new lineage; where the body is SQL"}};
constexpr ApiParameter kPlanQuery[] = {
    {"format", "json|text|dot",
     "json (default): both graph and text; or one of them, or Graphviz"}};
constexpr ApiParameter kMetricsQuery[] = {
    {"format", "json|prometheus", "json (default), or the text form that Prometheus reads"}};

constexpr Served kServed[] = {
    {{"GET", "/api/v1/jobs", "All jobs, in the order of submission", 200, "Jobs", "", {}},
     list_jobs},
    {{"POST", "/api/v1/jobs", "Submits a job", 201, "Submitted", "Submit", kSubmitQuery}, submit},
    {{"GET",
      "/api/v1/jobs/{job}",
      "A job with its steps, tasks, savepoints and restarts",
      200,
      "Job",
      "",
      {}},
     show_job},
    {{"DELETE", "/api/v1/jobs/{job}", "Ends a job at once", 202, "Accepted", "", {}}, cancel},
    {{"POST",
      "/api/v1/jobs/{job}/stop",
      "Ends a job with a last checkpoint and a savepoint of it",
      202,
      "Savepoint",
      "Place",
      {}},
     stop},
    {{"POST",
      "/api/v1/jobs/{job}/savepoints",
      "Takes a savepoint while the job runs",
      202,
      "Savepoint",
      "Place",
      {}},
     savepoint},
    {{"GET",
      "/api/v1/jobs/{job}/savepoints",
      "The savepoints that were asked for",
      200,
      "Savepoints",
      "",
      {}},
     list_savepoints},
    {{"GET", "/api/v1/jobs/{job}/savepoints/{number}", "One of them", 200, "Savepoint", "", {}},
     show_savepoint},
    {{"POST",
      "/api/v1/jobs/{job}/rescale",
      "Goes on with another number of instances",
      202,
      "Accepted",
      "Rescale",
      {}},
     rescale},
    {{"GET", "/api/v1/jobs/{job}/plan", "What the job does, step by step", 200, "Plan", "",
      kPlanQuery},
     plan},
    {{"GET", "/api/v1/jobs/{job}/metrics", "The job's metrics", 200, "Metrics", "", kMetricsQuery},
     job_figures},
    {{"GET",
      "/api/v1/jobs/{job}/checkpoints",
      "The newest checkpoints, newest first",
      200,
      "Checkpoints",
      "",
      {}},
     checkpoints},
    {{"GET",
      "/api/v1/jobs/{job}/why",
      "What holds event time and checkpoints back",
      200,
      "Why",
      "",
      {}},
     why},
    {{"GET",
      "/api/v1/jobs/{job}/logs",
      "Every change of the job's state, oldest first",
      200,
      "Events",
      "",
      {}},
     logs},
    {{"GET",
      "/api/v1/cluster",
      "The coordinator, its workers and their slots",
      200,
      "Cluster",
      "",
      {}},
     show_cluster},
    {{"GET", "/openapi.json", "This description", 200, "application/json", "", {}}, description},
    {{"GET", "/metrics", "All metrics, for Prometheus", 200, "text/plain", "", {}}, all_figures},
    {{"GET", "/healthz", "Whether the process is alive", 200, "Status", "", {}}, alive},
    {{"GET", "/readyz", "Whether this coordinator leads", 200, "Status", "", {}}, ready},
};

// Whether the path is of this form; what stands for {job} and {number} is put into `asked`.
bool matches(std::string_view form, Asked& asked) {
  size_t at = 0;
  form.remove_prefix(1);
  while (!form.empty()) {
    const std::string_view part = form.substr(0, form.find('/'));
    form.remove_prefix(std::min(part.size() + 1, form.size()));
    if (at == asked.target.path.size()) return false;
    const std::string& here = asked.target.path[at++];
    if (part == "{job}") {
      asked.job = here;
    } else if (part == "{number}") {
      asked.number = here;
    } else if (part != here) {
      return false;
    }
  }
  return at == asked.target.path.size();
}

ApiReply answer(ClusterApi& cluster, const Served& served, const Asked& asked) {
  const Answer<ApiReply> reply = served.handle(cluster, asked);
  return reply.ok() ? *reply : refused(reply.error());
}

}  // namespace

ApiReply handle_api(ClusterApi& cluster, const ApiRequest& request) {
  Result<ApiTarget> target = parse_target(request.target);
  if (!target.ok()) return refused(refusal_of(target.error()));
  Asked asked{.target = std::move(target).value(), .request = request};
  const std::string method = request.method == "HEAD" ? "GET" : request.method;
  std::string allowed;
  for (const Served& served : kServed) {
    if (!matches(served.route.path, asked)) continue;
    if (served.route.method == method) return answer(cluster, served, asked);
    allowed += fmt::format("{}{}", allowed.empty() ? "" : ", ", served.route.method);
  }
  const std::string path = request.target.substr(0, request.target.find('?'));
  if (allowed.empty()) {
    return refused({.kind = RefusalKind::kUnknown,
                    .message = fmt::format("there is nothing at {}: see /openapi.json", path)});
  }
  return refused({.message = fmt::format("{} takes {}, not {}", path, allowed, request.method)},
                 405);
}

std::vector<ApiRoute> api_routes() {
  std::vector<ApiRoute> routes;
  for (const Served& served : kServed) routes.push_back(served.route);
  return routes;
}

}  // namespace weir
