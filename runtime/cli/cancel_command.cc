#include "runtime/cli/client_commands.h"
#include "runtime/cli/commands.h"

#include <fmt/format.h>

namespace weir {

Answer<int> cancel_command(const Client& client, const OrderArguments& arguments) {
  const std::string id = TRY(id_of(client, arguments.job));
  TRY(ask(client, {.method = "DELETE", .target = job_target(id)}));
  if (arguments.no_wait) return kExitDone;
  const std::optional<boost::json::object> job =
      TRY(follow(client, id, [](const boost::json::object& each) { return has_ended(each); }));
  if (!job.has_value()) return kExitInterrupted;
  client.say(fmt::format("job {} is {}\n", arguments.job, text_at(*job, "state")));
  return kExitDone;
}

}  // namespace weir
