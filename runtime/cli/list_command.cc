#include "runtime/cli/client_commands.h"
#include "runtime/cli/commands.h"
#include "runtime/cli/figures.h"

namespace weir {

Answer<int> list_command(const Client& client) {
  const boost::json::object document = TRY(ask_document(client, get("/api/v1/jobs")));
  if (client.json) {
    client.out(boost::json::serialize(document) + "\n");
    return kExitDone;
  }
  std::vector<std::vector<std::string>> rows;
  for (const boost::json::value& each : array_at(document, "jobs")) {
    if (!each.is_object()) continue;
    const boost::json::object& job = each.get_object();
    rows.push_back({text_at(job, "id"), text_at(job, "name"), text_at(job, "state"),
                    time_at(job, "since"), text_at(job, "parallelism"), count_at(job, "rows_read"),
                    count_at(job, "rows_read_per_second"), count_at(job, "rows_written"),
                    time_at(job, "watermark"), text_at(job, "restarts_total")});
  }
  client.out(table_text({{"ID"},
                         {"NAME"},
                         {"STATE"},
                         {"SINCE"},
                         {"PARALLELISM", true},
                         {"ROWS READ", true},
                         {"ROWS/S", true},
                         {"ROWS WRITTEN", true},
                         {"WATERMARK"},
                         {"RESTARTS", true}},
                        rows));
  return kExitDone;
}

}  // namespace weir
