#include "runtime/cli/client_commands.h"
#include "runtime/cli/commands.h"
#include "runtime/cli/figures.h"
#include "runtime/cli/place.h"
#include "runtime/cli/submission.h"

#include <fmt/format.h>

namespace weir {
namespace {

namespace json = boost::json;

// Tells each change of the job's state, until the last one.
Answer<int> wait_for_end(const Client& client, const std::string& id) {
  std::string told;
  const auto tell = [&](const json::object& job) {
    std::string line = text_at(job, "state");
    if (job.contains("reason")) line += ": " + one_line(text_at(job, "reason"));
    if (line != told) client.say(fmt::format("job {} is {}\n", id, line));
    told = std::move(line);
    return has_ended(job);
  };
  const std::optional<json::object> job = TRY(follow(client, id, tell));
  if (!job.has_value()) return kExitInterrupted;
  const std::string state = text_at(*job, "state");
  return state == "finished" || state == "stopped" ? kExitDone : kExitFailed;
}

}  // namespace

Answer<int> submit_command(const Client& client, const SubmitArguments& arguments) {
  SubmitRequest request = TRY(make_submission(arguments.file));
  request.name = arguments.name;
  request.parallelism = arguments.parallelism;
  request.from = absolute_place(arguments.from);
  request.fork = arguments.fork;
  const json::object reply =
      TRY(ask_document(client, post("/api/v1/jobs", submission_json(request))));
  const std::string id = text_at(reply, "id");
  client.out((client.json ? json::serialize(reply) : id) + "\n");
  return arguments.wait ? wait_for_end(client, id) : kExitDone;
}

}  // namespace weir
