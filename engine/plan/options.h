// Every option that a table or a script can set: its name, what it applies to, its form, its
// default, one sentence.
//
// One catalog serves refusals with the nearest name, `weir config`, and the reference tables in
// docs. Values stay texts here; whoever uses one parses it with the functions below, after
// check_option has accepted its form.
#pragma once

#include "engine/base/status.h"
#include "engine/expr/nearest_name.h"

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

using OptionMap = std::map<std::string, std::string>;

enum class OptionForm {
  kText,
  kInteger,         // "4"
  kBoolean,         // "true", "false"
  kInterval,        // "5 seconds", in PostgreSQL's form
  kIntervalOrNone,  // the same, or "none"
  kSize,            // "64MiB", "1GiB", "1048576"
  kTimestamp,       // "2024-01-01 00:00:00Z"
  kChoice,          // one of `choices`
  kColumn,          // a column of the table
  kColumns,         // columns, separated by commas
  kTable,           // a table of the script
};

enum class OptionScope {
  kTable,   // any table
  kSource,  // a table that is read
  kSink,    // a table that is written
  kScript,  // SET name = value
};

// Instances of a step, whichever way they are asked for.
inline constexpr uint32_t kParallelismMax = 1024;

struct Option {
  std::string_view name;
  std::string_view connector;  // Empty: any connector; several are separated by "|".
  OptionScope scope;
  OptionForm form;
  std::string_view fallback;  // What holds where it is not given; empty: nothing.
  // Of kChoice: its values, "fail|skip|dead_letter". Of kTimestamp and kTable: words that stand for
  // themselves ("earliest|latest", "drop"). Of kInteger: the least and the greatest value,
  // "1|1024".
  std::string_view choices;
  std::string_view sentence;
};

std::span<const Option> table_options();
std::span<const Option> script_options();

// The option that a table of this connector knows by this name; kafka tables also know every
// "kafka.<property>" (the connector itself judges the property). kUser error with the nearest name
// otherwise. Where a connector has a default of its own (max_future of the generator), its entry is
// the one found.
Result<const Option*> find_table_option(std::string_view connector, std::string_view name);
Result<const Option*> find_script_option(std::string_view name);

// kUser error, with the form it should have, if `value` is not of the option's form.
Status check_option(const Option& option, std::string_view value);

// REQUIRES for all: check_option accepted the value; they still return errors for what is out of
// range.
Result<int64_t> parse_micros(std::string_view interval);
Result<int64_t> parse_signed_micros(std::string_view interval);  // For what may point backwards.
Result<std::optional<int64_t>> parse_micros_or_none(std::string_view interval);
Result<uint64_t> parse_size(std::string_view size);

// "10 seconds", "1 minute", "1500 milliseconds": what parse_micros reads back, in the largest unit
// that is exact.
std::string micros_text(int64_t micros);

}  // namespace weir
