#include "runtime/coordinator/api_schemas.h"

namespace weir {
namespace {

constexpr std::string_view kStates =
    "waiting|starting|running|restarting|stopping|finished|stopped|cancelled|failed";

constexpr ApiField kSubmit[] = {
    {"name?", "string", "Absent: the script's job_name. Refused while a job of this name runs."},
    {"sql?", "string", "The script; this or graph"},
    {"graph?", "object", "A graph file in its JSON form"},
    {"file?", "string", "Where the script came from, for messages"},
    {"parallelism?", "integer", "Instances of each step"},
    {"from?", "string", "Savepoint to go on from"},
    {"fork?", "boolean", "With from: a new lineage, for output elsewhere"},
    {"variables?", "{string}", "Values of ${NAME} in the script; never shown"},
    {"settings?", "{string}", "Settings over those of the script"},
};
constexpr ApiField kSubmitted[] = {{"id", "string", "Of the job: 8 hexadecimal digits"}};
constexpr ApiField kPlace[] = {
    {"to?", "string", "Folder of the savepoint; absent: the coordinator's choice"}};
constexpr ApiField kRescale[] = {{"parallelism", "integer", "Instances of each step"}};
constexpr ApiField kAccepted[] = {{"accepted", "boolean", "True: it has begun"}};
constexpr ApiField kStatus[] = {{"status", "alive|ready", ""}};

constexpr ApiField kJobSummary[] = {
    {"id", "string", "8 hexadecimal digits"},
    {"name", "string", ""},
    {"state", kStates, ""},
    {"reason?", "string", "Why it waits, restarts or has failed"},
    {"submitted_at", "time", ""},
    {"since", "time", "When the state began"},
    {"as_of", "time", "When the coordinator answered"},
    {"parallelism", "integer", "Instances of each step"},
    {"generation", "integer", "Lives of the job so far; 0 before the first"},
    {"rows_read", "integer", "By its sources, in this life"},
    {"rows_written", "integer", "By its sinks, in this life"},
    {"rows_read_per_second", "number", ""},
    {"rows_written_per_second", "number", ""},
    {"watermark", "time?", "Event time up to which all input was read"},
    {"backlog?", "integer", "Records known to be there and not yet read"},
    {"state_bytes", "integer", ""},
    {"checkpoints", "CheckpointTotals", ""},
    {"restarts_total", "integer", ""},
};
// Behind those of the summary.
constexpr ApiField kJobDetails[] = {
    {"steps", "[Step]", "In the order of the plan"},
    {"tasks", "[Task]", "Of the newest life"},
    {"memory", "[WorkerMemory]", "On each worker of the newest life"},
    {"savepoints", "[Savepoint]", "Oldest first"},
    {"restarts", "[Restart]", "Oldest first"},
};
constexpr ApiField kStep[] = {
    {"id", "string", "Stable: names the step's state"},
    {"kind", "string", ""},
    {"parallelism", "integer", ""},
    {"rows_in", "integer", ""},
    {"rows_out", "integer", "Of a sink: written"},
    {"rows_filtered", "integer", ""},
    {"rows_late", "integer", ""},
    {"late_row_windows", "integer", "Windows that rows on time for another one were too late for"},
    {"rows_bad", "integer", ""},
    {"rows_bad_by_reason", "{integer}", ""},
    {"taken?", "RowTotals", "Of a blackhole: in all lives of the job"},
};
constexpr ApiField kRowTotals[] = {
    {"rows", "integer", ""},
    {"checksum", "string", "16 hexadecimal digits, whatever the order of the rows"},
};
constexpr ApiField kTask[] = {
    {"id", "integer", ""},
    {"steps", "[string]", "Steps that it runs, by id"},
    {"instance", "integer", "From 0"},
    {"worker?", "string", "Absent: it runs nowhere now"},
    {"rows_in", "integer", ""},
    {"rows_out", "integer", ""},
    {"watermark", "time?", ""},
    {"idle", "boolean", "A source that holds no time back"},
    {"state_bytes", "integer", ""},
    {"backlog?", "integer", ""},
};
constexpr ApiField kWorkerMemory[] = {
    {"worker", "string", ""},
    {"bytes?", "integer", "What the job may have there; absent: nothing bounds it"},
    {"least_bytes?", "integer", "With less the job is refused"},
    {"parts?", "{integer}", "What it is for; the sum is bytes"},
    {"worker_bytes?", "integer", "What all jobs of the worker may have"},
    {"peak_memory_bytes?", "integer", "The highest own memory of the worker's process, all jobs"},
};
constexpr ApiField kRestart[] = {{"at", "time", ""}, {"reason", "string", ""}};
constexpr ApiField kSavepoint[] = {
    {"id", "integer", "Within its job, from 1"}, {"state", "waiting|complete|failed", ""},
    {"path", "string", "What --from takes"},     {"asked_at", "time", ""},
    {"reason?", "string", "Why it failed"},
};
constexpr ApiField kCheckpointTotals[] = {
    {"completed", "integer", ""},
    {"given_up", "integer", ""},
    {"last?", "LastCheckpoint", "The newest complete one"},
};
constexpr ApiField kCheckpoint[] = {
    {"id", "string", "generation-epoch"},
    {"generation", "integer", ""},
    {"epoch", "integer", ""},
    {"state", "complete|given_up", ""},
    {"began_at", "time", ""},
    {"duration_seconds", "number", ""},
    {"size_bytes", "integer", ""},
    {"reason?", "string", "Why it was given up"},
};
constexpr ApiField kCheckpointAge[] = {{"age_seconds", "number", "Since it was complete"}};

constexpr ApiField kWhy[] = {
    {"as_of", "time", "When the coordinator answered"},
    {"watermark", "time?", ""},
    {"held_by", "Hold?", "The split without which event time would go on"},
    {"splits", "[Split]", ""},
    {"checkpoint", "Alignment?", "The checkpoint under way"},
    {"backpressure", "[Pressure]", "Where it begins comes first"},
};
constexpr ApiField kHold[] = {
    {"reason", "behind|no_record_yet|silent|all_idle", ""},
    {"table", "string", ""},
    {"split", "string", ""},
    {"watermark", "time?", ""},
    {"silent_seconds", "number", ""},
    {"others", "integer", "Splits that hold time for the same reason"},
    {"text", "string", "All of it in words"},
};
constexpr ApiField kSplit[] = {
    {"table", "string", ""},       {"split", "string", ""}, {"watermark", "time?", ""},
    {"has_read", "boolean", ""},   {"idle", "boolean", ""}, {"finished", "boolean", ""},
    {"silent_since?", "time", ""},
};
constexpr ApiField kAlignment[] = {{"text", "string", ""}, {"waits_for", "[string]", ""}};
constexpr ApiField kPressure[] = {
    {"step", "string", ""},
    {"instance", "integer", ""},
    {"worker?", "string", ""},
    {"text", "string", ""},
};
constexpr ApiField kEvent[] = {
    {"at", "time", ""},
    {"state", kStates, ""},
    {"generation", "integer", ""},
    {"reason?", "string", ""},
};
constexpr ApiField kPlan[] = {
    {"text", "string", "As weir explain prints it"},
    {"graph", "object", "A graph file; passwords are hidden"},
};
constexpr ApiField kMetric[] = {
    {"name", "string", ""},
    {"type", "counter|gauge", ""},
    {"help", "string", ""},
    {"samples", "[Sample]", ""},
};
constexpr ApiField kSample[] = {{"labels", "{string}", ""}, {"value", "number", ""}};
constexpr ApiField kCluster[] = {
    {"version", "string", "Of the engine"},
    {"term", "integer", "Number of the leadership"},
    {"is_leader", "boolean", "Whether this coordinator leads"},
    {"leader?", "string", "Address of the one that leads"},
    {"since", "time", ""},
    {"workers", "[Worker]", ""},
};
constexpr ApiField kWorker[] = {
    {"id", "string", ""},
    {"exchange_address", "string", ""},
    {"http_address?", "string", ""},
    {"version", "string", ""},
    {"slots", "integer", ""},
    {"slots_used", "integer", ""},
    {"memory_bytes?", "integer", ""},
    {"state", "alive|suspected", ""},
    {"joined_at", "time", ""},
    {"lease_left_seconds", "number", "Until it is certain to have stopped"},
};
constexpr ApiField kErrorText[] = {
    {"kind", "user|unknown|conflict|unavailable|corrupt", "Who must act"},
    {"message", "string", ""},
    {"line?", "integer", "In the script, from 1"},
    {"column?", "integer", "From 1"},
};
constexpr ApiField kError[] = {{"error", "ErrorText", ""}};
constexpr ApiField kJobs[] = {{"jobs", "[JobSummary]", ""}};
constexpr ApiField kSavepoints[] = {{"savepoints", "[Savepoint]", ""}};
constexpr ApiField kCheckpoints[] = {{"checkpoints", "[Checkpoint]", ""}};
constexpr ApiField kEvents[] = {{"events", "[Event]", ""}};
constexpr ApiField kMetrics[] = {{"metrics", "[Metric]", ""}};

constexpr ApiSchema kSchemas[] = {
    {"Submit", "A job to run", kSubmit, {}},
    {"Submitted", "", kSubmitted, {}},
    {"Place", "", kPlace, {}},
    {"Rescale", "", kRescale, {}},
    {"Accepted", "What was asked for has begun; see the job for its end", kAccepted, {}},
    {"Status", "", kStatus, {}},
    {"Jobs", "", kJobs, {}},
    {"JobSummary", "", kJobSummary, {}},
    {"Job", "", kJobSummary, kJobDetails},
    {"Step", "Counters of a step, over its tasks in this life", kStep, {}},
    {"Task", "One instance of a chain of steps", kTask, {}},
    {"WorkerMemory", "Memory of a job on one worker", kWorkerMemory, {}},
    {"Restart", "", kRestart, {}},
    {"Savepoint", "", kSavepoint, {}},
    {"Savepoints", "", kSavepoints, {}},
    {"CheckpointTotals", "", kCheckpointTotals, {}},
    {"RowTotals", "", kRowTotals, {}},
    {"LastCheckpoint", "", kCheckpoint, kCheckpointAge},
    {"Checkpoint", "", kCheckpoint, {}},
    {"Checkpoints", "", kCheckpoints, {}},
    {"Why", "What a job waits for", kWhy, {}},
    {"Hold", "", kHold, {}},
    {"Split", "A partition or a file, and where it stands", kSplit, {}},
    {"Alignment", "", kAlignment, {}},
    {"Pressure", "A task that slows those before it", kPressure, {}},
    {"Event", "A change of a job's state", kEvent, {}},
    {"Events", "", kEvents, {}},
    {"Plan", "", kPlan, {}},
    {"Metrics", "", kMetrics, {}},
    {"Metric", "", kMetric, {}},
    {"Sample", "", kSample, {}},
    {"Cluster", "", kCluster, {}},
    {"Worker", "", kWorker, {}},
    {"Error", "", kError, {}},
    {"ErrorText", "", kErrorText, {}},
};

}  // namespace

std::span<const ApiSchema> api_schemas() { return kSchemas; }

}  // namespace weir
