#include "runtime/cli/client_commands.h"
#include "runtime/cli/commands.h"
#include "runtime/cli/figures.h"

namespace weir {

Answer<int> logs_command(const Client& client, const std::string& job) {
  const boost::json::object document = TRY(ask_document(client, get(job_target(job, "/logs"))));
  if (client.json) {
    client.out(boost::json::serialize(document) + "\n");
    return kExitDone;
  }
  std::vector<std::vector<std::string>> rows;
  for (const boost::json::value& each : array_at(document, "events")) {
    if (!each.is_object()) continue;
    const boost::json::object& event = each.get_object();
    rows.push_back({text_at(event, "at"), text_at(event, "state"), text_at(event, "generation"),
                    event.contains("reason") ? text_at(event, "reason") : ""});
  }
  client.out(table_text({{"AT"}, {"STATE"}, {"GENERATION", true}, {"REASON"}}, rows));
  return kExitDone;
}

}  // namespace weir
