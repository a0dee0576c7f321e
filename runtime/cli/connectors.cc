#include "runtime/cli/connectors.h"

#include "operators/connectors/blackhole/blackhole_sink.h"
#include "operators/connectors/file/file_sink.h"
#include "operators/connectors/file/file_source.h"
#include "operators/connectors/generator/generator_source.h"
#include "operators/connectors/kafka/sink.h"
#include "operators/connectors/kafka/source.h"
#include "operators/connectors/print/print_sink.h"
#include "runtime/cli/log.h"

#include <fmt/format.h>

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

Result<std::unique_ptr<Sink>> make_sink(const SinkSpec& spec, uint32_t slot, int stdout_fd) {
  const auto schema = std::make_shared<const Schema>(Schema{.fields = spec.columns});
  if (spec.connector == "print") return make_print_sink(stdout_fd);
  if (spec.connector == "blackhole") return std::make_unique<BlackholeSink>();
  const FormatOptions format = TRY(format_of(spec.options));
  if (spec.connector == "file") {
    return make_file_sink(TRY(file_sink_options(spec.options)), format, schema, {.slot = slot});
  }
  if (spec.connector == "kafka") {
    OptionMap options = without_format(spec.options);
    options["delivery"] =
        spec.delivery == Delivery::kAtLeastOnce ? "at_least_once" : "exactly_once";
    return make_kafka_sink(TRY(kafka_sink_options(options)), format, *schema, log::connector_log());
  }
  return user_error(fmt::format("a {} table cannot be written", spec.connector));
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
  factory.sink = [stdout_fd](const SinkSpec& spec, uint32_t slot) {
    return for_table(spec.table, make_sink(spec, slot, stdout_fd));
  };
  return factory;
}

}  // namespace weir
