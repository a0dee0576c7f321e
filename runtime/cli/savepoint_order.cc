#include "runtime/cli/savepoint_order.h"

#include "runtime/cli/commands.h"
#include "runtime/cli/figures.h"
#include "runtime/cli/place.h"

#include <fmt/format.h>

namespace weir {
namespace {

namespace json = boost::json;

// The savepoint in this folder as the job shows it; empty if it does not. By its folder, since a
// coordinator that took the job over meanwhile counts anew.
json::object find_savepoint(const json::object& job, const std::string& path) {
  for (const json::value& each : array_at(job, "savepoints")) {
    if (each.is_object() && text_at(each.get_object(), "path") == path) return each.get_object();
  }
  return {};
}

bool is_waiting(const json::object& savepoint) { return text_at(savepoint, "state") == "waiting"; }

// A savepoint that did not come is the job's failure, whoever is to blame.
Answer<int> tell(const Client& client, const json::object& job, const json::object& savepoint) {
  const std::string name = one_line(text_at(job, "name"));
  if (text_at(savepoint, "state") == "complete") {
    client.out((client.json ? json::serialize(savepoint) : text_at(savepoint, "path")) + "\n");
    return kExitDone;
  }
  const bool has_reason = savepoint.contains("reason");
  client.say(fmt::format(
      "weir: error: no savepoint of job {} was taken: {}\n", name,
      has_reason ? text_at(savepoint, "reason") : "the job is " + text_at(job, "state")));
  return kExitFailed;
}

}  // namespace

Answer<int> order_savepoint(const Client& client, const SavepointArguments& arguments,
                            const SavepointOrder& order) {
  json::object body;
  if (!arguments.to.empty()) body["to"] = json::string(absolute_place(arguments.to));
  const std::string job_id = TRY(id_of(client, arguments.order.job));
  const std::string target = job_target(job_id, order.what);
  const json::object ordered = TRY(ask_document(client, post(target, json::serialize(body))));
  const std::string path = text_at(ordered, "path");
  if (arguments.order.no_wait) {
    client.out((client.json ? json::serialize(ordered) : path) + "\n");
    return kExitDone;
  }
  const auto done = [&](const json::object& job) {
    return has_ended(job) || (!order.until_end && !is_waiting(find_savepoint(job, path)));
  };
  const std::optional<json::object> job = TRY(follow(client, job_id, done));
  if (!job.has_value()) return kExitInterrupted;
  return tell(client, *job, find_savepoint(*job, path));
}

}  // namespace weir
