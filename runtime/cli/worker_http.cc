#include "runtime/cli/worker_http.h"

#include "runtime/cli/process_memory.h"
#include "runtime/cli/summary.h"
#include "runtime/coordinator/metrics.h"
#include "runtime/http/http_server.h"

namespace weir {
namespace {

MetricFamily gauge(std::string_view name, std::string_view help, double value) {
  return {.name = name, .help = help, .samples = {{.value = value}}};
}

std::string metrics_of(const Worker& worker) {
  const WorkerTotals totals = worker.totals();
  MetricFamily cpu = gauge("weir_process_cpu_seconds_total", "CPU time of this process",
                           static_cast<double>(cpu_time_micros()) / 1e6);
  cpu.type = MetricType::kCounter;
  const std::vector<MetricFamily> families = {
      gauge("weir_worker_registered", "1 while a coordinator has this worker",
            totals.registered ? 1 : 0),
      gauge("weir_worker_jobs", "jobs that have tasks here", static_cast<double>(totals.jobs)),
      gauge("weir_worker_tasks", "tasks that run here", static_cast<double>(totals.tasks)),
      gauge("weir_worker_state_bytes", "state of the tasks that run here",
            static_cast<double>(totals.state_bytes)),
      cpu,
      gauge("weir_process_memory_bytes", "anonymous memory of this process: what --memory is about",
            static_cast<double>(memory_bytes()))};
  return metrics_text(families);
}

}  // namespace

ApiReply handle_worker_http(const Worker& worker, const ApiRequest& request) {
  if (request.method != "GET") {
    return error_reply(405, "user", "a worker answers GET only");
  }
  if (request.target == "/healthz") return {.body = "ok\n", .content_type = "text/plain"};
  if (request.target == "/readyz") {
    const bool ready = worker.totals().registered;
    return {.status = ready ? 200 : 503,
            .body = ready ? "registered\n" : "not registered at a coordinator\n",
            .content_type = "text/plain"};
  }
  if (request.target == "/metrics") {
    return {.body = metrics_of(worker), .content_type = std::string(kMetricsContentType)};
  }
  return error_reply(404, "unknown", "a worker has no " + request.target);
}

}  // namespace weir
