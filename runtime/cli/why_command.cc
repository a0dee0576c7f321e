#include "runtime/cli/client_commands.h"
#include "runtime/cli/commands.h"
#include "runtime/cli/figures.h"

#include <fmt/format.h>

namespace weir {
namespace {

namespace json = boost::json;

bool is_true(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value != nullptr && value->is_bool() && value->get_bool();
}

std::string split_state(const json::object& split) {
  if (is_true(split, "finished")) return "finished";
  if (is_true(split, "idle")) return "idle";
  return is_true(split, "has_read") ? "reading" : "no record yet";
}

std::string time_text(const json::object& why) {
  const json::array splits = array_at(why, "splits");
  if (splits.empty()) return "event time: no table of the job has any\n";
  const json::object hold = object_at(why, "held_by");
  std::string text = fmt::format(
      "event time: {}, {}\n", time_at(why, "watermark"),
      hold.empty() ? "held back by nothing" : "held by " + one_line(text_at(hold, "text")));
  std::vector<std::vector<std::string>> rows;
  for (const json::value& each : splits) {
    if (!each.is_object()) continue;
    const json::object& split = each.get_object();
    rows.push_back({text_at(split, "table"), text_at(split, "split"), time_at(split, "watermark"),
                    split_state(split), time_at(split, "silent_since")});
  }
  return text +
         table_text({{"TABLE"}, {"SPLIT"}, {"WATERMARK"}, {"STATE"}, {"SILENT SINCE"}}, rows);
}

std::string checkpoint_text(const json::object& why) {
  const json::object checkpoint = object_at(why, "checkpoint");
  if (checkpoint.empty()) return "checkpoint: none under way\n";
  std::string text = fmt::format("checkpoint: {}\n", one_line(text_at(checkpoint, "text")));
  for (const json::value& what : array_at(checkpoint, "waits_for")) {
    if (!what.is_string()) continue;
    text += fmt::format("  waits for {}\n", one_line(std::string(what.get_string().c_str())));
  }
  return text;
}

std::string pressure_text(const json::object& why) {
  const json::array pressure = array_at(why, "backpressure");
  if (pressure.empty()) return "backpressure: none\n";
  std::string text = "backpressure, from where it begins:\n";
  for (const json::value& each : pressure) {
    if (!each.is_object()) continue;
    const json::object& task = each.get_object();
    text += fmt::format("  {}#{} on worker {}: {}\n", one_line(text_at(task, "step")),
                        text_at(task, "instance"), text_at(task, "worker"),
                        one_line(text_at(task, "text")));
  }
  return text;
}

}  // namespace

Answer<int> why_command(const Client& client, const std::string& job) {
  const json::object why = TRY(ask_document(client, get(job_target(job, "/why"))));
  if (client.json) {
    client.out(json::serialize(why) + "\n");
  } else {
    client.out(time_text(why) + checkpoint_text(why) + pressure_text(why));
  }
  return kExitDone;
}

}  // namespace weir
