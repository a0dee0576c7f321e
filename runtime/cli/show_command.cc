#include "runtime/cli/client_commands.h"
#include "runtime/cli/commands.h"
#include "runtime/cli/figures.h"

#include <fmt/format.h>

namespace weir {
namespace {

namespace json = boost::json;

using Rows = std::vector<std::vector<std::string>>;

constexpr size_t kRestartsShown = 5;

// One row for each object of the array.
template <typename Row>
Rows rows_of(const json::array& array, const Row& row) {
  Rows rows;
  for (const json::value& each : array) {
    if (each.is_object()) rows.push_back(row(each.get_object()));
  }
  return rows;
}

std::string checkpoints_text(const json::object& checkpoints) {
  std::string text = fmt::format("checkpoints: {}, given up {}", count_at(checkpoints, "completed"),
                                 count_at(checkpoints, "given_up"));
  const json::object last = object_at(checkpoints, "last");
  if (!last.empty()) {
    text += fmt::format("; last {}: {} in {}, {} ago", text_at(last, "id"),
                        bytes_at(last, "size_bytes"), seconds_at(last, "duration_seconds"),
                        seconds_at(last, "age_seconds"));
  }
  return text;
}

std::string head_text(const json::object& job) {
  std::string text =
      fmt::format("job {} ({}): {} since {}, parallelism {}, generation {}\n",
                  one_line(text_at(job, "name")), text_at(job, "id"), text_at(job, "state"),
                  time_at(job, "since"), text_at(job, "parallelism"), text_at(job, "generation"));
  if (job.contains("reason")) text += fmt::format("  reason: {}\n", text_at(job, "reason"));
  text += fmt::format("  rows read {} ({}/s), written {} ({}/s)", count_at(job, "rows_read"),
                      count_at(job, "rows_read_per_second"), count_at(job, "rows_written"),
                      count_at(job, "rows_written_per_second"));
  if (job.contains("backlog")) text += fmt::format(", {} left", count_at(job, "backlog"));
  text += fmt::format("\n  watermark {}, state {}\n", time_at(job, "watermark"),
                      bytes_at(job, "state_bytes"));
  return text + "  " + checkpoints_text(object_at(job, "checkpoints")) + "\n";
}

std::string restarts_text(const json::object& job) {
  const json::array restarts = array_at(job, "restarts");
  if (restarts.empty()) return "";
  std::string text = fmt::format("\nrestarts: {}\n", count_at(job, "restarts_total"));
  const size_t begin = restarts.size() - std::min(restarts.size(), kRestartsShown);
  for (size_t i = begin; i < restarts.size(); ++i) {
    if (!restarts[i].is_object()) continue;
    const json::object& restart = restarts[i].get_object();
    text += fmt::format("  {}  {}\n", time_at(restart, "at"), one_line(text_at(restart, "reason")));
  }
  return text;
}

std::string savepoints_text(const json::object& job) {
  const Rows rows = rows_of(array_at(job, "savepoints"), [](const json::object& each) {
    return std::vector{text_at(each, "id"), text_at(each, "state"), time_at(each, "asked_at"),
                       text_at(each, "path"), text_at(each, "reason")};
  });
  if (rows.empty()) return "";
  return "\n" + table_text({{"SAVEPOINT"}, {"STATE"}, {"ASKED AT"}, {"PATH"}, {"REASON"}}, rows);
}

std::string steps_text(const json::object& job) {
  const Rows rows = rows_of(array_at(job, "steps"), [](const json::object& step) {
    return std::vector{
        text_at(step, "id"),        text_at(step, "kind"),           count_at(step, "rows_in"),
        count_at(step, "rows_out"), count_at(step, "rows_filtered"), count_at(step, "rows_late"),
        count_at(step, "rows_bad")};
  });
  return "\n" + table_text({{"STEP"},
                            {"KIND"},
                            {"ROWS IN", true},
                            {"ROWS OUT", true},
                            {"FILTERED", true},
                            {"LATE", true},
                            {"BAD", true}},
                           rows);
}

// Of sinks that keep no more of their rows than this.
std::string taken_text(const json::object& job) {
  std::string text;
  for (const json::value& each : array_at(job, "steps")) {
    if (!each.is_object() || !each.get_object().contains("taken")) continue;
    const json::object& step = each.get_object();
    const json::object taken = object_at(step, "taken");
    const json::value* rows = taken.if_contains("rows");
    text += fmt::format("{}: rows {} checksum {}\n", text_at(step, "id"),
                        rows == nullptr ? "-" : json::serialize(*rows), text_at(taken, "checksum"));
  }
  return text;
}

// A task is named by the last of its steps.
std::string tasks_text(const json::object& job) {
  const Rows rows = rows_of(array_at(job, "tasks"), [](const json::object& task) {
    const json::array steps = array_at(task, "steps");
    const json::object last{{"id", steps.empty() ? json::value() : steps.back()}};
    return std::vector{text_at(task, "id"),        text_at(last, "id"),
                       text_at(task, "instance"),  text_at(task, "worker"),
                       count_at(task, "rows_in"),  count_at(task, "rows_out"),
                       time_at(task, "watermark"), bytes_at(task, "state_bytes")};
  });
  if (rows.empty()) return "";
  return "\n" + table_text({{"TASK", true},
                            {"UP TO STEP"},
                            {"INSTANCE", true},
                            {"WORKER"},
                            {"ROWS IN", true},
                            {"ROWS OUT", true},
                            {"WATERMARK"},
                            {"STATE", true}},
                           rows);
}

// For each worker the number with its parts, and under them what the process took.
std::string memory_text(const json::object& job) {
  Rows rows;
  for (const json::value& each : array_at(job, "memory")) {
    if (!each.is_object()) continue;
    const json::object& memory = each.get_object();
    const std::string worker = text_at(memory, "worker");
    const auto add = [&](const std::string& what, const char* key) {
      if (memory.contains(key)) rows.push_back({worker, what, bytes_at(memory, key)});
    };
    add("of the job", "bytes");
    for (const auto& part : object_at(memory, "parts")) {
      rows.push_back({worker, "  " + std::string(part.key()),
                      bytes_at(json::object{{"bytes", part.value()}}, "bytes")});
    }
    add("of the worker, all jobs", "worker_bytes");
    add("highest that its process had", "peak_memory_bytes");
  }
  if (rows.empty()) return "";
  return "\n" + table_text({{"WORKER"}, {"MEMORY"}, {"SIZE", true}}, rows);
}

}  // namespace

Answer<int> show_command(const Client& client, const std::string& name) {
  const json::object job = TRY(ask_document(client, get(job_target(name))));
  if (client.json) {
    client.out(json::serialize(job) + "\n");
  } else {
    client.out(head_text(job) + steps_text(job) + taken_text(job) + tasks_text(job) +
               memory_text(job) + savepoints_text(job) + restarts_text(job));
  }
  return kExitDone;
}

}  // namespace weir
