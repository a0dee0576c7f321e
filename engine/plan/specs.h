// What each kind of vertex in a JobGraph does: one plain struct a kind.
//
// Expressions are bound trees over the columns of the vertex's input; columns are named by index,
// into the input too. Every struct has one visit_fields (spec_fields.h): JSON, YAML, the JSON
// Schema, equality and the fingerprint of the state all come from it.
//
// Output ports: 0 rows, 1 bad rows (dead-letter schema), 2 late rows (late schema). A port without
// an edge is closed: what would leave by it is only counted.
#pragma once

#include "engine/base/ids.h"
#include "engine/data/schema.h"
#include "engine/expr/expr.h"
#include "engine/plan/options.h"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace weir {

inline constexpr Port kRowsPort{0};
inline constexpr Port kBadPort{1};
inline constexpr Port kLatePort{2};

// (raw bytea, source text, part text, pos bigint, stage text, reason text, seen_at timestamptz)
SchemaPtr dead_letter_schema();
// ("row" text, source text, part text, pos bigint, step text, window_end timestamptz, behind
// interval)
SchemaPtr late_schema();

enum class OnError { kFail, kSkip, kDeadLetter };
enum class WhenQuiet { kHold, kAdvance };
enum class Delivery { kExactlyOnce, kAtLeastOnce };
enum class Envelope { kPlain, kUpsert, kOp };

// A metadata function that the table's generated columns use: record_partition(),
// record_header('name'), ...
struct MetadataSpec {
  // "record_partition", "record_offset", "record_time", "record_key", "record_header",
  // "record_source"
  std::string function;
  std::string header;  // Of record_header.

  bool operator==(const MetadataSpec&) const = default;
};

struct Constraint {
  std::string name;
  ExprPtr condition;  // A row for which it is false is bad; NULL passes, as in PostgreSQL.
};

// Reads a table. Rows have the table's columns, in order.
struct SourceSpec {
  std::string table;
  std::string connector;
  std::vector<Field> payload;          // Columns that are read from the record.
  std::vector<MetadataSpec> metadata;  // Further inputs of `columns`, behind the payload.
  // The table's columns, over payload and metadata; plain ones are just a column.
  std::vector<NamedExpr> columns;
  std::vector<std::string> not_null;    // Names of columns that must not be NULL.
  std::vector<Constraint> constraints;  // Over the table's columns.
  std::string event_time;               // Name of a column; empty: the table has no event time.
  int64_t watermark_delay = 0;          // Microseconds, as are all that follow.
  std::optional<int64_t> max_future;    // Absent: no bound.
  std::optional<int64_t> idle_timeout;
  WhenQuiet when_quiet = WhenQuiet::kHold;
  OnError on_error = OnError::kFail;
  OptionMap options;  // Of the connector and the format, as written.
};

// Filters and computes, row by row. Absent filter: all rows.
struct ProjectSpec {
  ExprPtr filter;
  std::vector<NamedExpr> columns;
  OnError on_error = OnError::kFail;  // For rows that cannot be computed.
};

enum class WindowKind { kTumble, kHop, kCumulate, kSession };

struct WindowSpec {
  WindowKind kind = WindowKind::kTumble;
  size_t time_column = 0;  // Of the input: an event-time column.
  int64_t size = 0;        // Microseconds; of a session: the gap.
  int64_t slide = 0;       // Of hop and cumulate.
  int64_t offset = 0;

  bool operator==(const WindowSpec&) const = default;
};

enum class AggregateFunction { kCountStar, kCount, kSum, kAvg, kMin, kMax };

struct AggregateCall {
  std::string name;  // Of the output column.
  AggregateFunction function = AggregateFunction::kCountStar;
  std::optional<size_t> argument;  // Column of the input; absent for count(*).
  // Boolean column of the input; rows where it is not true are left out.
  std::optional<size_t> filter;
  bool distinct = false;
  Type type;  // Of the result.
  // In kFinal only: the type of the argument that the partial phase takes.
  std::optional<Type> source_type;

  bool operator==(const AggregateCall&) const = default;
};

// Which part of a two-phase aggregation this is; the graph says kWhole, the planner splits.
enum class AggregatePhase {
  kWhole,    // rows in, results out
  kPartial,  // rows in, partial states out (before the exchange)
  kFinal,    // partial states in, results out
};

// Groups by keys and window; one row a group when the watermark closes the window.
//
// Output of kWhole and kFinal: the key columns, window_start, window_end, window_time (all of the
// time column's type), then the aggregates. Output of kPartial: the key columns, window_end, then
// the partial_fields of each aggregate.
//
// In kFinal every index is one of the partial output: keys are its first columns,
// window.time_column is its window_end, `argument` of a call (count(*) included) is the first of
// its partial columns, and `filter` is absent, as the partial phase has applied it. Lateness is
// judged where rows enter, so late rows leave by the port of the partial phase.
struct WindowAggregateSpec {
  WindowSpec window;
  std::vector<size_t> keys;
  std::vector<AggregateCall> aggregates;
  AggregatePhase phase = AggregatePhase::kWhole;
};

// UNION ALL: rows of every edge into port 0, all of one schema.
struct UnionSpec {
  std::vector<Field> columns;
};

// Writes a table. The input has the sink's columns, in order.
struct SinkSpec {
  std::string table;
  std::string connector;
  std::vector<Field> columns;
  std::vector<std::string> primary_key;
  Delivery delivery = Delivery::kExactlyOnce;
  Envelope envelope = Envelope::kPlain;
  OptionMap options;
};

using VertexSpec = std::variant<SourceSpec, ProjectSpec, WindowAggregateSpec, UnionSpec, SinkSpec>;

// "source", "project", "window_aggregate", "union", "sink": in graph files and in ids.
std::string_view kind_name(const VertexSpec& spec);

// "rows", "bad", "late": in graph files and messages.
std::string_view port_name(Port port);
// How many output ports the kind has, counted from 0. A window aggregate has no bad rows: its port
// 1 stays closed.
size_t output_ports(const VertexSpec& spec);

// What a source's `columns` are computed from: the payload, then one column for each metadata
// entry, named "record_offset", "record_header_<header>" and so on (with "_" behind it while the
// name is taken).
SchemaPtr record_schema(const SourceSpec& spec);

// "sum", "avg", ...; "count" for count(*) too.
std::string_view function_name(AggregateFunction function);

// The columns in which the state of one aggregate travels from the partial phase to the final one:
//
//   count, count(*)   <name> bigint
//   sum, avg          <name>/sum numeric(38,s) (NULL: no value yet), <name>/count bigint; where
//                     has_wide_sum also <name>/carry bigint: the total is carry * 2^128 + sum
//    of double        <name>/sum double; avg also <name>/count bigint
//   min, max          <name> of the argument's type (NULL: no value yet)
//
// `argument` is what argument_type says; anything for count(*). REQUIRES: !call.distinct, which
// has no partial form.
std::vector<Field> partial_fields(const AggregateCall& call, const Type& argument);

// The type of the call's own argument: in kFinal of the partial phase's, elsewhere of the column of
// `input`. Absent for count(*).
std::optional<Type> argument_type(const AggregateCall& call, const Schema& input);

// Whether running totals of these values may leave 128 bits and come back: numeric of so many
// digits that fewer than 2^63 of them do not fit.
bool has_wide_sum(const Type& argument);

// The result type of an aggregate over an argument of this type (PostgreSQL's rules: sum(int) is
// bigint, sum and avg of bigint are numeric, avg has scale max(6, s)). kUser error if the function
// does not take it.
Result<Type> aggregate_type(AggregateFunction function, const std::optional<Type>& argument);

}  // namespace weir
