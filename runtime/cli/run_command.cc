#include "engine/plan/memory_plan.h"
#include "runtime/cli/commands.h"
#include "runtime/cli/connectors.h"
#include "runtime/cli/interrupt.h"
#include "runtime/cli/live_line.h"
#include "runtime/cli/log.h"
#include "runtime/cli/process_memory.h"
#include "runtime/cli/server_commands.h"
#include "runtime/cli/state_folder.h"
#include "runtime/cli/summary.h"
#include "runtime/cli/work_folder.h"
#include "runtime/coordinator/api.h"
#include "runtime/http/http_server.h"
#include "runtime/local/local_api.h"
#include "runtime/messages/clock.h"
#include "state/savepoint.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <unistd.h>

namespace weir {
namespace {

constexpr int64_t kLookMicros = 250'000;

// Gives the job a number for memory if it has none, and says what each part has of it. Where nobody
// said a number none is refused.
Result<MemoryPlan> plan_memory_of(JobGraph& graph, bool is_kept) {
  const Plan plan = make_plan(graph, {});
  MemorySetup setup{.is_copied = is_kept};
  setup.bytes = graph.options.memory.has_value()
                    ? *graph.options.memory
                    : std::max(default_memory(), least_memory(plan, setup));
  graph.options.memory = setup.bytes;
  return plan_memory(plan, setup);
}

void log_restarts(const JobEvent& event) {
  if (event.state != JobState::kRestarting) return;
  log::warn("job.restarting",
            {{"generation", std::to_string(event.generation)}, {"reason", event.reason}});
}

// Null where nothing is to be served.
Result<std::unique_ptr<HttpServer>> serve_http(const RunArguments& arguments, LocalApi& api) {
  if (arguments.http == "off") return std::unique_ptr<HttpServer>();
  const Security security = TRY(load_security(arguments.security));
  std::unique_ptr<HttpServer> http =
      TRY(HttpServer::listen(arguments.http, security, [&api](const ApiRequest& request) {
        return handle_api(api, request);
      }));
  log::info("http.ready", {{"address", http->address()}});
  return http;
}

// What a job keeps on this machine.
struct Folders {
  std::optional<StateFolder> state;  // Absent: nothing outlives the job.
  WorkFolder work;

  SnapshotStore* store() { return state.has_value() ? &state->store() : nullptr; }
};

Result<Folders> open_folders(const RunArguments& arguments) {
  std::optional<StateFolder> state;
  if (!arguments.state.empty()) state.emplace(TRY(StateFolder::open(arguments.state)));
  if (!arguments.savepoint.empty()) TRY(check_savepoint_folder(arguments.savepoint));
  return Folders{std::move(state), TRY(WorkFolder::make(arguments.state))};
}

// Ends the process, whose job was given up before it ran: there is nothing to sum up, and whoever
// still waits for a broker that does not answer is not waited for.
[[noreturn]] void leave(const RunArguments& arguments, Folders& folders) {
  if (!arguments.savepoint.empty()) {
    log::warn("savepoint.missing", {{"folder", arguments.savepoint},
                                    {"reason", "the job was stopped before it had started"}});
  }
  folders.work.remove();
  std::_Exit(kExitInterrupted);
}

// `job`: of the caller, since the totals point into it and an interrupt may come until it is gone.
Result<RunTotals> run_job(const JobGraph& graph, const RunArguments& arguments,
                          InterruptWatcher& interrupt, Folders& folders,
                          std::unique_ptr<Job>& job) {
  const uint32_t parallelism = parallelism_of(arguments.parallelism, graph);
  JobGraph sized = graph;
  sized.options.parallelism = parallelism;
  const bool is_kept = folders.store() != nullptr || !arguments.savepoint.empty();
  MemoryPlan memory = TRY(plan_memory_of(sized, is_kept));
  const int64_t began = wall_clock_micros();
  RunOptions options{.executors = parallelism,
                     .batch_rows = arguments.batch_rows,
                     .store = folders.store(),
                     .state_bytes = TRY(state_bytes_allowed()),
                     .work_folder = folders.work.path(),
                     .takes_savepoint = !arguments.savepoint.empty(),
                     .savepoint = arguments.from,
                     .forks = arguments.fork,
                     .changed = log_restarts};
  job = std::make_unique<Job>(PlannedJob{std::move(sized), {.parallelism = parallelism}}, options);
  interrupt.start([&job, &arguments] { job->stop(arguments.savepoint); });
  TRY(job->begin(all_connectors(STDOUT_FILENO, began)));
  if (job->was_given_up()) leave(arguments, folders);
  if (job->was_finished()) return RunTotals{.was_finished = true};
  if (job->restored_from().has_value()) {
    log::info("job.restored",
              {{"generation", std::to_string(job->restored_from()->generation.value())},
               {"epoch", std::to_string(job->restored_from()->epoch.value())}});
  }
  LocalApi api(*job, kEngineVersion, parallelism);
  const std::unique_ptr<HttpServer> http = TRY(serve_http(arguments, api));
  LiveLine live(arguments.quiet);
  std::optional<Status> ended;
  uint64_t peak_memory = 0;
  while (!(ended = job->wait_for(kLookMicros)).has_value()) {
    peak_memory = std::max(peak_memory, memory_bytes());
    live.show(job->report(), wall_clock_micros());
  }
  live.clear();
  TRY(*std::move(ended));
  JobReport report = job->report();
  const bool interrupted = interrupt.interrupted();
  std::optional<Hold> hold;
  if (interrupted) hold = who_holds(report.splits, wall_clock_micros());
  return RunTotals{.report = std::move(report),
                   .gaps = job->unbalanced(),
                   .wall_micros = wall_clock_micros() - began,
                   .cpu_micros = cpu_time_micros(),
                   .peak_memory_bytes = std::max(peak_memory, memory_bytes()),
                   .memory = std::move(memory),
                   .hold = std::move(hold),
                   .interrupted = interrupted};
}

}  // namespace

int run_command(const RunArguments& arguments) {
  std::optional<Folders> folders;  // Outlive the job.
  std::unique_ptr<Job> job;
  JobFile file = arguments.file;
  if (!arguments.memory.empty()) file.settings.push_back("memory=" + arguments.memory);
  const Result<JobGraph> graph = load_job(file);
  if (!graph.ok()) {
    print_error(graph.error());
    return kExitUsage;
  }
  InterruptWatcher interrupt;  // An interrupt before has nothing to end in order.
  Result<Folders> opened = open_folders(arguments);
  if (!opened.ok()) {
    print_error(opened.error());
    return exit_code(opened.error());
  }
  folders.emplace(std::move(opened).value());
  const Result<RunTotals> totals = run_job(*graph, arguments, interrupt, *folders, job);
  if (!totals.ok()) {
    print_error(totals.error());
    return exit_code(totals.error());
  }
  const std::string& name = graph->options.job_name;
  if (totals->was_finished && !arguments.json) {
    std::fputs(fmt::format("job {} has read all its input and is finished: --state {} holds its "
                           "last checkpoint\n",
                           name, arguments.state)
                   .c_str(),
               stderr);
    return kExitDone;
  }
  if (totals->interrupted && !arguments.savepoint.empty()) {
    log::info("savepoint.written", {{"folder", arguments.savepoint}});
  }
  if (arguments.json) {
    // The summary is the result here, but rows may go to standard output.
    std::fputs(summary_json(name, *totals).c_str(), stderr);
  } else if (!arguments.quiet) {
    std::fputs(summary_text(name, *totals).c_str(), stderr);
  }
  if (!totals->gaps.empty()) return kExitFailed;
  return totals->interrupted ? kExitInterrupted : kExitDone;
}

}  // namespace weir
