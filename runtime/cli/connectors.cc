#include "runtime/cli/connectors.h"

#include "operators/connectors/blackhole/blackhole_sink.h"
#include "operators/connectors/file/file_options.h"
#include "operators/connectors/file/file_sink.h"
#include "operators/connectors/file/file_source.h"
#include "operators/connectors/file/through_file_sink.h"
#include "operators/connectors/formats/encoder.h"
#include "operators/connectors/generator/generator_source.h"
#include "operators/connectors/generator/position.h"
#include "operators/connectors/kafka/ledgered_sink.h"
#include "operators/connectors/kafka/sink.h"
#include "operators/connectors/kafka/source.h"
#include "operators/connectors/print/print_sink.h"
#include "runtime/cli/log.h"

#include <fmt/format.h>

#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace weir {
namespace {

Result<FormatOptions> format_of(const OptionMap& options) {
  FormatOptions format;
  const auto get = [&options](const char* name) {
    const auto found = options.find(name);
    return found == options.end() ? std::string() : found->second;
  };
  if (const std::string name = get("format"); !name.empty()) format.format = name;
  if (const std::string unit = get("timestamp_unit"); !unit.empty()) {
    format.timestamp_unit = unit == "s"    ? TimestampUnit::kSeconds
                            : unit == "ms" ? TimestampUnit::kMillis
                                           : TimestampUnit::kMicros;
  }
  format.csv_header = get("header") != "false";
  if (const std::string size = get("max_record_bytes"); !size.empty()) {
    format.max_record_bytes = TRY(parse_size(size));
  }
  return format;
}

Result<FormatOptions> format_of(const SinkSpec& spec) {
  FormatOptions format = TRY(format_of(spec.options));
  if (spec.envelope == Envelope::kOp) format.changes = ChangeForm::kOp;
  if (spec.envelope != Envelope::kUpsert) return format;
  format.changes = ChangeForm::kUpsert;
  const Schema schema{spec.columns};
  for (const std::string& key : spec.primary_key) format.key.push_back(*schema.find(key));
  return format;
}

// What is left for the connector itself.
OptionMap without_format(OptionMap options) {
  for (const char* name : {"format", "timestamp_unit", "header", "max_record_bytes"}) {
    options.erase(name);
  }
  return options;
}

Result<std::unique_ptr<Source>> make_source(const SourceSpec& spec, const RowShape& shape,
                                            int64_t now) {
  if (spec.connector == "generator") {
    return make_generator_source(TRY(generator_options(spec.options, now)), shape);
  }
  const FormatOptions format = TRY(format_of(spec.options));
  if (spec.connector == "file") {
    return make_file_source(TRY(file_source_options(spec.options)), format, shape);
  }
  if (spec.connector == "kafka") {
    return make_kafka_source(TRY(kafka_source_options(without_format(spec.options))), format, shape,
                             log::connector_log());
  }
  return user_error(fmt::format("a {} table cannot be read", spec.connector));
}

Result<std::unique_ptr<Sink>> make_sink(const SinkSpec& spec, const SinkLane& lane,
                                        const WriteLines& print) {
  const Schema schema{.fields = spec.columns};
  const FormatOptions format = TRY(format_of(spec));
  if (spec.connector == "print") return make_print_sink(format, schema, print);
  if (spec.connector == "blackhole") return std::make_unique<BlackholeSink>();
  if (spec.connector == "file") {
    const FileSinkOptions parsed = TRY(file_sink_options(spec.options));
    if (spec.delivery == Delivery::kAtLeastOnce) {
      return make_through_file_sink(parsed, format, schema, lane);
    }
    return make_file_sink(parsed, format, schema, lane);
  }
  if (spec.connector == "kafka") {
    OptionMap options = without_format(spec.options);
    options["delivery"] =
        spec.delivery == Delivery::kAtLeastOnce ? "at_least_once" : "exactly_once";
    if (spec.envelope == Envelope::kUpsert && options["key"].empty()) {
      options["key"] = fmt::format("{}", fmt::join(spec.primary_key, ", "));
    }
    const KafkaSinkOptions parsed = TRY(kafka_sink_options(options));
    if (!parsed.exactly_once) {
      return make_kafka_sink(parsed, format, schema, log::connector_log());
    }
    return make_ledgered_kafka_sink(parsed, format, schema, lane, log::connector_log());
  }
  return user_error(fmt::format("a {} table cannot be written", spec.connector));
}

// Whether the connector takes these options.
Status read_options(const SourceSpec& spec, const OptionMap& options) {
  if (spec.connector == "generator") TRY(generator_options(options, 0));
  if (spec.connector == "file") TRY(file_source_options(options));
  if (spec.connector == "kafka") TRY(kafka_source_options(without_format(options)));
  return {};
}

// Who reads upserts keeps the last record of each record key.
Status check_record_key(const SinkSpec& spec, const std::vector<std::string>& key) {
  if (spec.envelope != Envelope::kUpsert || key.empty()) return {};
  const std::set<std::string> wanted(spec.primary_key.begin(), spec.primary_key.end());
  if (std::set<std::string>(key.begin(), key.end()) == wanted) return {};
  return user_error(fmt::format(
      "key = '{}' is not the PRIMARY KEY ({}), and who reads upserts keeps the last record of each "
      "key: leave out the option key, or write envelope = 'plain' or 'op'",
      fmt::join(key, ", "), fmt::join(spec.primary_key, ", ")));
}

Status read_options(const SinkSpec& spec, OptionMap options) {
  if (spec.connector == "file") TRY(file_sink_options(options));
  if (spec.connector == "kafka") {
    options["delivery"] =
        spec.delivery == Delivery::kAtLeastOnce ? "at_least_once" : "exactly_once";
    const KafkaSinkOptions parsed = TRY(kafka_sink_options(without_format(options)));
    TRY(check_record_key(spec, parsed.key));
  }
  return {};
}

// The option without which the fault is gone, or, where there are several faults, is another one.
template <typename Spec>
std::string option_at_fault(const Spec& spec, const Error& fault) {
  std::string changes_it;
  for (const auto& [name, value] : spec.options) {
    OptionMap others = spec.options;
    others.erase(name);
    const Status status = read_options(spec, others);
    if (status.ok()) return name;
    if (changes_it.empty() && !(status.error() == fault)) changes_it = name;
  }
  return changes_it;
}

RowShape shape_of(std::vector<Field> fields) {
  RowShape shape;
  shape.needed.resize(fields.size(), NeededField{.needed = true, .fields = {}});
  shape.schema = std::make_shared<const Schema>(Schema{.fields = std::move(fields)});
  return shape;
}

// Whether the connector can fill these columns.
Status fits_columns(const SourceSpec& spec, const std::vector<Field>& columns) {
  if (spec.connector == "generator") {
    const GeneratorOptions options = TRY(generator_options(spec.options, 0));
    TRY(find_fields(columns, dataset_schema(options).fields));
    return {};
  }
  const FormatOptions format = TRY(format_of(spec.options));
  TRY(make_decoder(format, shape_of(columns)));
  return {};
}

Status fits_columns(const SinkSpec& spec, const std::vector<Field>& columns) {
  if (spec.connector != "file" && spec.connector != "kafka") return {};
  const FormatOptions format = TRY(format_of(spec));
  TRY(make_encoder(format, Schema{.fields = columns}));
  return {};
}

template <typename Spec>
std::optional<TableFault> fault_of(const Spec& spec, const std::vector<Field>& columns) {
  const Status options = read_options(spec, spec.options);
  if (!options.ok()) {
    return TableFault{.message = options.error().message,
                      .option = option_at_fault(spec, options.error()),
                      .column = ""};
  }
  const Status all = fits_columns(spec, columns);
  if (all.ok()) return std::nullopt;
  TableFault fault{.message = all.error().message, .option = "format", .column = ""};
  for (const Field& column : columns) {
    const Status alone = fits_columns(spec, {column});
    if (alone.ok() || !(alone.error() == all.error())) continue;
    fault.column = column.name;
    break;
  }
  return fault;
}

// Says which table an error is about.
template <typename T>
Result<T> for_table(const std::string& table, Result<T> made) {
  if (made.ok()) return made;
  Error error = std::move(made).error();
  error.message = fmt::format("table {}: {}", table, error.message);
  return error;
}

}  // namespace

ConnectorFactory all_connectors(int stdout_fd, int64_t now) {
  ConnectorFactory factory;
  factory.source = [now](const SourceSpec& spec, const RowShape& shape) {
    return for_table(spec.table, make_source(spec, shape, now));
  };
  // The tasks that print take turns, so that no line stands inside another.
  const auto turn = std::make_shared<std::mutex>();
  const WriteLines print = [stdout_fd, turn](std::string_view lines) {
    const std::lock_guard lock(*turn);
    return write_all(stdout_fd, lines);
  };
  factory.sink = [print](const SinkSpec& spec, const SinkLane& lane) {
    return for_table(spec.table, make_sink(spec, lane, print));
  };
  return factory;
}

std::optional<TableFault> check_table(const VertexSpec& table) {
  if (const auto* source = std::get_if<SourceSpec>(&table)) {
    return fault_of(*source, source->payload);
  }
  if (const auto* sink = std::get_if<SinkSpec>(&table)) return fault_of(*sink, sink->columns);
  return std::nullopt;
}

Status check_positions(const SourceSpec& table, const std::map<std::string, SplitState>& splits) {
  if (table.connector != "generator") return {};
  const GeneratorOptions options = TRY(generator_options(table.options, 0));
  for (const auto& [name, split] : splits) {
    if (!split.finished) TRY(read_position(split.position, options));
  }
  return {};
}

}  // namespace weir
