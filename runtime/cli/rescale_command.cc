#include "runtime/cli/client_commands.h"
#include "runtime/cli/commands.h"
#include "runtime/cli/figures.h"

#include <fmt/format.h>

namespace weir {

// Waits until the job runs with so many instances. One that waits with a reason (there are not
// enough slots) is left alone: they may come any time.
Answer<int> rescale_command(const Client& client, const OrderArguments& arguments,
                            uint32_t parallelism) {
  const boost::json::object body{{"parallelism", parallelism}};
  const std::string id = TRY(id_of(client, arguments.job));
  TRY(ask(client, post(job_target(id, "/rescale"), boost::json::serialize(body))));
  if (arguments.no_wait) return kExitDone;
  const auto settled = [&](const boost::json::object& job) {
    const std::string state = text_at(job, "state");
    const bool is_sized = text_at(job, "parallelism") == std::to_string(parallelism);
    const bool is_stuck = state == "waiting" && job.contains("reason");
    return has_ended(job) || (is_sized && (state == "running" || is_stuck));
  };
  const std::optional<boost::json::object> job = TRY(follow(client, id, settled));
  if (!job.has_value()) return kExitInterrupted;
  std::string line = fmt::format("job {} is {} with parallelism {}", arguments.job,
                                 text_at(*job, "state"), text_at(*job, "parallelism"));
  if (job->contains("reason")) line += ": " + one_line(text_at(*job, "reason"));
  client.say(line + "\n");
  return has_ended(*job) ? kExitFailed : kExitDone;
}

}  // namespace weir
