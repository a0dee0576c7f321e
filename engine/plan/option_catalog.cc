// The tables behind table_options() and script_options() of options.h.
#include "engine/plan/options.h"

namespace weir {
namespace {

constexpr std::string_view kReadable = "kafka|file|generator";
constexpr std::string_view kWritable = "kafka|file|print|blackhole";
constexpr std::string_view kFormatted = "kafka|file";

// An entry for one connector stands before the entry for all of them.
constexpr Option kTableOptions[] = {
    {"connector", "", OptionScope::kTable, OptionForm::kChoice, "",
     "kafka|file|generator|print|blackhole", "the outside system that the table stands for"},

    {"event_time", kReadable, OptionScope::kSource, OptionForm::kColumn, "", "",
     "the column, of type timestamptz or timestamp, that holds the row's event time"},
    {"watermark_delay", kReadable, OptionScope::kSource, OptionForm::kInterval, "0 seconds", "",
     "how far rows may be out of order within one split"},
    {"idle_timeout", kReadable, OptionScope::kSource, OptionForm::kIntervalOrNone, "none", "",
     "a split that is silent for so long no longer holds time back"},
    {"when_quiet", kReadable, OptionScope::kSource, OptionForm::kChoice, "hold", "hold|advance",
     "what event time does when all splits are idle: wait, or go on by the wall clock"},
    {"max_future", "generator", OptionScope::kSource, OptionForm::kIntervalOrNone, "none", "",
     "event times further ahead of the wall clock are bad records"},
    {"max_future", "kafka|file", OptionScope::kSource, OptionForm::kIntervalOrNone, "1 hour", "",
     "event times further ahead of the wall clock are bad records"},
    {"on_error", kReadable, OptionScope::kSource, OptionForm::kChoice, "fail",
     "fail|skip|dead_letter", "what a bad record does"},
    {"dead_letters", kReadable, OptionScope::kSource, OptionForm::kTable, "", "",
     "the table that takes bad records"},
    {"late", kReadable, OptionScope::kSource, OptionForm::kTable, "drop", "drop",
     "the table that takes late rows; by default they are only counted"},

    {"format", kFormatted, OptionScope::kTable, OptionForm::kChoice, "json", "json|csv|raw",
     "how a record is written as bytes"},
    {"header", "file", OptionScope::kTable, OptionForm::kBoolean, "true", "",
     "whether CSV files begin with a line of column names; without it columns go by position"},
    {"timestamp_unit", kFormatted, OptionScope::kSource, OptionForm::kChoice, "", "s|ms|us",
     "what an integer in a timestamp column counts; without it integers are bad records"},
    {"max_record_bytes", kFormatted, OptionScope::kSource, OptionForm::kSize, "1048576", "",
     "longer records are bad records"},

    {"delivery", kWritable, OptionScope::kSink, OptionForm::kChoice, "exactly_once",
     "exactly_once|at_least_once",
     "whether output appears once, with its checkpoint, or at once and possibly again"},
    {"envelope", kWritable, OptionScope::kSink, OptionForm::kChoice, "plain", "plain|upsert|op",
     "how changes are written; upsert is the default where the table has a primary key"},

    {"brokers", "kafka", OptionScope::kTable, OptionForm::kText, "", "",
     "the brokers to begin with, as host:port, separated by commas"},
    {"topic", "kafka", OptionScope::kTable, OptionForm::kText, "", "", "the topic"},
    {"start", "kafka", OptionScope::kSource, OptionForm::kTimestamp, "earliest", "earliest|latest",
     "where reading starts: at the beginning, at the end, or at a time"},
    {"stop", "kafka", OptionScope::kSource, OptionForm::kChoice, "never", "never|latest",
     "where reading stops: never, or at the stable end offsets seen at the start"},
    {"connect_timeout", "kafka", OptionScope::kTable, OptionForm::kInterval, "30 seconds", "",
     "how long to try when no broker answers at the start"},
    {"buffer_bytes", "kafka", OptionScope::kTable, OptionForm::kInteger, "67108864", "",
     "how many bytes of records may wait in this process, over all partitions"},
    {"group", "kafka", OptionScope::kSource, OptionForm::kText, "", "",
     "the consumer group under which progress is published, for other tools to see"},
    {"key", "kafka", OptionScope::kSink, OptionForm::kColumns, "", "",
     "the columns of the record key: one text or bytea column as its bytes, else a JSON object"},
    {"kafka.<property>", "kafka", OptionScope::kTable, OptionForm::kText, "", "",
     "a property of librdkafka: security, SASL, TLS, fetch sizes"},

    {"path", "file", OptionScope::kTable, OptionForm::kText, "", "",
     "of a source: a file, a folder or a pattern; of a sink: a folder"},
    {"stop", "file", OptionScope::kSource, OptionForm::kChoice, "end", "end|never",
     "whether reading stops at the end of the files or keeps watching for more"},
    {"split", "file", OptionScope::kSource, OptionForm::kChoice, "file", "file|sequence|range",
     "what one split is: each file, all files in name order, or ranges of bytes"},
    {"roll_interval", "file", OptionScope::kSink, OptionForm::kIntervalOrNone, "none", "",
     "a part file is finished when it is so old, at the latest by its checkpoint"},
    {"roll_bytes", "file", OptionScope::kSink, OptionForm::kSize, "", "",
     "a part file is finished when it is so large"},

    {"dataset", "generator", OptionScope::kSource, OptionForm::kChoice, "",
     "card_transactions|nexmark", "which rows are made"},
    {"dataset_truth", "generator", OptionScope::kSource, OptionForm::kBoolean, "false", "",
     "the list of the episodes hidden in the data set, instead of its rows"},
    {"rows", "generator", OptionScope::kSource, OptionForm::kInteger, "", "0|9223372036854775807",
     "how many rows, over all splits; without it they never end"},
    {"rate", "generator", OptionScope::kSource, OptionForm::kInteger, "", "1|1000000000",
     "rows a second of wall clock; without it as fast as they are taken"},
    {"event_rate", "generator", OptionScope::kSource, OptionForm::kInteger, "", "1|1000000000",
     "events per second of event time; nexmark 100000"},
    {"seed", "generator", OptionScope::kSource, OptionForm::kInteger, "1", "0|9223372036854775807",
     "another seed gives other rows"},
    {"out_of_order_group", "generator", OptionScope::kSource, OptionForm::kInteger, "1",
     "1|1000000", "nexmark: events are shuffled within groups of so many; 1: no disorder"},
    {"doubled_bidder_offset", "generator", OptionScope::kSource, OptionForm::kBoolean, "true", "",
     "nexmark: bidders stand 1000 above the ids of persons, as in the reference generator"},
    {"splits", "generator", OptionScope::kSource, OptionForm::kInteger, "4", "1|4096",
     "how many splits the rows are spread over"},
    {"start_time", "generator", OptionScope::kSource, OptionForm::kTimestamp,
     "2024-01-01 00:00:00Z", "now", "the event time of the first row"},
};

constexpr Option kScriptOptions[] = {
    {"job_name", "", OptionScope::kScript, OptionForm::kText, "", "",
     "the name of the job in listings"},
    {"parallelism", "", OptionScope::kScript, OptionForm::kInteger, "", "1|1024",
     "how many instances each step has; without it one for each executor"},
    {"checkpoint_interval", "", OptionScope::kScript, OptionForm::kInterval, "1 second", "",
     "time between checkpoints, and so the delay of exactly-once output"},
    {"state_ttl", "", OptionScope::kScript, OptionForm::kIntervalOrNone, "none", "",
     "how long state that no window ends is kept after its last use"},
    {"result_mode", "", OptionScope::kScript, OptionForm::kChoice, "changes", "changes|final",
     "whether updating results are written as they change, or once at the end"},
    {"memory", "", OptionScope::kScript, OptionForm::kSize, "", "",
     "memory for state, caches and queues of the job"},
    {"max_alignment", "", OptionScope::kScript, OptionForm::kInterval, "1 minute", "",
     "a checkpoint that waits longer for its barriers is abandoned"},
    {"restart_attempts", "", OptionScope::kScript, OptionForm::kInteger, "10", "0|1000000",
     "how often the job is restarted after failures before it is given up"},
};

}  // namespace

std::span<const Option> table_options() { return kTableOptions; }
std::span<const Option> script_options() { return kScriptOptions; }

}  // namespace weir
