// What each kind of vertex in a JobGraph does: one plain struct a kind.
//
// Expressions are bound trees over the columns of the vertex's input; columns are named by index,
// into the input too. Every struct has one visit_fields (spec_fields.h): JSON, YAML, the JSON
// Schema, equality and the fingerprint of the state all come from it.
//
// Output ports: 0 rows, 1 bad rows (dead-letter schema), 2 late rows (late schema). A port without
// an edge is closed: what would leave by it is only counted. Input ports: 0, and of joins 0 left
// and 1 right.
#pragma once

#include "engine/base/ids.h"
#include "engine/data/schema.h"
#include "engine/expr/expr.h"
#include "engine/plan/options.h"
#include "engine/time/slices.h"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace weir {

inline constexpr Port kRowsPort{0};
inline constexpr Port kBadPort{1};
inline constexpr Port kLatePort{2};
// Where rows enter a join; all others take rows by port 0.
inline constexpr Port kLeftPort{0};
inline constexpr Port kRightPort{1};

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

// kGiven: rows carry their window already, as those of a windowed result do.
enum class WindowKind { kTumble, kHop, kCumulate, kSession, kGiven };

struct WindowSpec {
  WindowKind kind = WindowKind::kTumble;
  // Of the input: an event-time column. Of kGiven: the one that holds the window's end.
  size_t time_column = 0;
  std::optional<size_t> start_column;  // Of kGiven: the one that holds the window's start,
  std::optional<size_t> last_column;   // and the one that holds window_time, if there is one.
  int64_t size = 0;   // Microseconds; of a session: the gap; of cumulate: the longest window.
  int64_t slide = 0;  // Of hop: from one start to the next; of cumulate: from one end to the next.
  int64_t offset = 0;

  // Whether a row is in several windows, which share slices (engine/time/slices.h).
  bool overlaps() const { return kind == WindowKind::kHop || kind == WindowKind::kCumulate; }

  bool operator==(const WindowSpec&) const = default;
};

// REQUIRES: of kind tumble, hop or cumulate.
Slices slices_of(const WindowSpec& window);

enum class AggregateFunction {
  kCountStar,
  kCount,
  kSum,
  kAvg,
  kMin,
  kMax,
  kBoolAnd,
  kBoolOr,
  kStddevSamp,
  kStddevPop,
  kVarSamp,
  kVarPop,
  kStringAgg,
  kApproxCountDistinct,
  kApproxPercentile,
  kArrayAgg,
  kFirstValue,
  kLastValue,
};

// One key of an ORDER BY.
struct SortKey {
  size_t column = 0;  // Of the input.
  bool descending = false;
  bool nulls_first = false;

  bool operator==(const SortKey&) const = default;
};

struct AggregateCall {
  std::string name;  // Of the output column.
  AggregateFunction function = AggregateFunction::kCountStar;
  std::optional<size_t> argument;  // Column of the input; absent for count(*).
  // Boolean column of the input; rows where it is not true are left out.
  std::optional<size_t> filter;
  bool distinct = false;
  // Of string_agg the delimiter; of approx_percentile the fraction, a number from 0 to 1.
  std::string parameter = {};
  // Where depends_on_order. Equal rows are in the order of their values. In kFinal still of
  // the input of the partial phase, which has applied it.
  std::vector<SortKey> order = {};
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
// time column's type), then the aggregates. Output of kPartial: the key columns, window_end (where
// windows overlap: the slice's end, and the end of its first window as first_window), then the
// partial_fields of each aggregate.
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

// Puts rows into windows without aggregating them: one row out for each window of a row. Output:
// the input's columns, then window_start, window_end, window_time. Not for sessions, whose end is
// not known when a row comes.
struct AssignWindowSpec {
  WindowSpec window;
  // Whether only windows that a row is on time for get it: where all who read the rows use their
  // windows. Late where all of a row's windows end at or before A; a pair is skipped where only its
  // own does. Otherwise nothing is late here.
  bool drops_late = false;
};

// Stamps rows with the wall clock as they come, for windows of processing time, and tells time by
// it: the stamps are event time from here on, and no row is late. Output: the input's columns, none
// of which has event time any more, then `column`, of type timestamptz.
struct ProcessingTimeSpec {
  std::string column = "processing_time";
};

enum class RankFunction { kRowNumber, kRank, kDenseRank };

struct RankCall {
  std::string name;  // Of the output column: bigint.
  RankFunction function = RankFunction::kRowNumber;

  bool operator==(const RankCall&) const = default;
};

// Numbers the rows of each window and partition in an order, when the watermark closes the window;
// top-N where there is a limit. Ties are broken by the whole row, so that the answer is always the
// same. Output: the input's columns, then the ranks.
struct WindowRankSpec {
  WindowSpec window;  // Of kind kGiven.
  std::vector<size_t> partition;
  std::vector<SortKey> order;
  std::vector<RankCall> ranks;
  // Only rows whose first rank is at most this; absent: all.
  std::optional<uint32_t> limit;
};

// How OVER orders the rows of a partition.
enum class OverOrder {
  kEventTime,  // By (time, split, position), once the watermark has passed; append, in that order.
  kLog,        // As they come in the log of their split, at once.
};

enum class OverFunction {
  kAggregate,  // `aggregate` over the frame
  kLag,
  kFirstValue,
  kLastValue,
  kRowNumber,
  kRank,
  kDenseRank,
};

// kRange: rows of the last `range` and the peers of this row; kRows: the last `rows` and this one.
enum class FrameKind { kRange, kRows };

struct OverCall {
  std::string name;  // Of the output column.
  OverFunction function = OverFunction::kAggregate;
  AggregateFunction aggregate = AggregateFunction::kCountStar;
  std::optional<size_t> argument;  // As AggregateCall; of lag, first_value, last_value.
  std::optional<size_t> filter;    // Of aggregates.
  std::string parameter = {};      // Of aggregates, as AggregateCall.
  uint32_t distance = 1;           // Of lag: how many rows before this one.
  std::optional<size_t> fallback;  // Of lag: what it is where there is no such row; absent: NULL.
  FrameKind frame = FrameKind::kRange;
  std::optional<int64_t> range;  // Microseconds before this row's time; absent: all before.
  std::optional<uint32_t> rows;  // Absent: all before.
  Type type;                     // Of the result.

  bool operator==(const OverCall&) const = default;
};

// Aggregates, lag, first_value, rank and so on over the earlier rows of the same keys. Output: the
// input's columns, then the calls. Late by kEventTime, and by kLog with a range: where t < A.
struct OverSpec {
  std::vector<size_t> keys;
  OverOrder order = OverOrder::kEventTime;
  // An event-time column; kLog needs it for ranges only.
  std::optional<size_t> time_column;
  std::vector<OverCall> calls;
};

// Passes a row only if none of the same keys was passed within the interval before it, in order of
// (time, split, position): one alert for a burst. A row exactly the interval later passes. Without
// an interval: the first row of each key (keep-first). Late where t < A.
struct SuppressSpec {
  std::vector<size_t> keys;
  size_t time_column = 0;
  std::optional<int64_t> interval;  // Microseconds
};

enum class JoinType { kInner, kLeft, kRight, kFull };

// One input of a join, stated in full as each has a port of its own: left 0, right 1.
struct JoinSide {
  std::vector<Field> columns;
  std::vector<size_t> keys;  // Equal, pairwise, where rows match; NULL matches nothing.
  size_t time = 0;           // An event-time column. Of a window join: the window's end.

  bool operator==(const JoinSide&) const = default;
};

// Pairs rows of equal keys with left.time - right.time in [lower, upper], at once as they come;
// rows of an outer side without a partner when no partner can come any more. Output: the columns of
// the left side, then of the right; both times stay event time, held back by how far they may
// trail. Late where t < A. `condition`, over the output's columns, must hold too; null: none.
struct IntervalJoinSpec {
  JoinType type = JoinType::kInner;
  JoinSide left;
  JoinSide right;
  int64_t lower = 0;  // Microseconds; both ends are inside.
  int64_t upper = 0;
  ExprPtr condition;
};

// Pairs rows of equal keys in the same window (window_start among the keys), when the watermark
// closes it. Output and condition as above.
struct WindowJoinSpec {
  JoinType type = JoinType::kInner;
  JoinSide left;
  JoinSide right;
  ExprPtr condition;
};

// Groups by keys, without a window: a row for each group, which changes as rows of its keys come,
// or go where the input changes too. Without aggregates: the distinct keys, each of which leaves
// once. Output: the key columns, then the aggregates.
struct GroupAggregateSpec {
  std::vector<size_t> keys;
  std::vector<AggregateCall> aggregates;
};

// How rows of equal sort keys follow each other.
enum class Ties {
  kEarlierFirst,  // By (split, position); derived rows, which have none, by the whole row.
  kLaterFirst,    // The other way round.
  kLastArrived,   // As they come to the step, the newest first.
};

// The first rows of each partition by an order, as they stand at the moment: a row that is
// surpassed is taken back. Output: the input's columns, then the row's number where `rank` names
// it.
struct TopSpec {
  std::vector<size_t> partition;
  std::vector<SortKey> order;  // May be empty: then the ties decide.
  Ties ties = Ties::kEarlierFirst;
  uint32_t limit = 1;
  std::string rank;  // Empty: not wanted.
};

// One input of a join that is not bounded in time, as JoinSide.
struct EquiSide {
  std::vector<Field> columns;
  std::vector<size_t> keys;

  bool operator==(const EquiSide&) const = default;
};

// Pairs rows of equal keys whenever they come, and takes pairs back where a row goes, or where a
// partner comes for a row that left alone. Output and condition as those of the other joins.
struct EquiJoinSpec {
  JoinType type = JoinType::kInner;
  EquiSide left;
  EquiSide right;
  ExprPtr condition;
};

// Gives each row of the left side the row of the right one with its keys that was valid at its
// time: the last whose own time is not behind it; of equal times the later in the log. Inner and
// left. Left rows wait for the watermark, in order of (time, split, position), and are late where
// t < A; a right row that is late is valid from its arrival watermark on. Output and condition as
// those of the other joins; the times of the left side stay event time.
struct AsOfJoinSpec {
  JoinType type = JoinType::kInner;
  JoinSide left;
  JoinSide right;
  ExprPtr condition;
};

// Folds what changes into the table that it describes, and gives that at the end of the input.
struct FoldSpec {
  std::vector<size_t> keys;  // Rows that are the same are equal in these: where they meet.
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

using VertexSpec = std::variant<SourceSpec, ProjectSpec, WindowAggregateSpec, AssignWindowSpec,
                                ProcessingTimeSpec, WindowRankSpec, OverSpec, SuppressSpec,
                                IntervalJoinSpec, WindowJoinSpec, GroupAggregateSpec, TopSpec,
                                EquiJoinSpec, AsOfJoinSpec, FoldSpec, UnionSpec, SinkSpec>;

// "source", "project", "window_aggregate", ...: in graph files and in ids.
std::string_view kind_name(const VertexSpec& spec);

// The columns that a step says its input has, for those that do (joins, unions, sinks); nothing for
// those that take what comes.
const std::vector<Field>* stated_input(const VertexSpec& spec, Port port);
// Ports that rows enter by: joins have two.
size_t input_ports(const VertexSpec& spec);

// "rows", "bad", "late": in graph files and messages.
std::string_view port_name(Port port);
// How many output ports the kind has, counted from 0.
size_t output_ports(const VertexSpec& spec);
// Whether something can leave by the port: a window aggregate has late rows, but no bad ones.
bool has_port(const VertexSpec& spec, Port port);
// Whether rows leave as the records that came in, so that they keep their place in the log.
bool keeps_position(const VertexSpec& spec);
// Whether rows leave with the arrival watermark that they came with: neither released by W, nor of
// several rows. Of a source: whether it has event time.
bool keeps_watermark(const VertexSpec& spec);
// Whether it asks for current_watermark().
bool reads_watermark(const ProjectSpec& spec);

// What a source's `columns` are computed from: the payload, then one column for each metadata
// entry, named "record_offset", "record_header_<header>" and so on (with "_" behind it while the
// name is taken).
SchemaPtr record_schema(const SourceSpec& spec);

// "sum", "avg", ...; "count" for count(*) too.
std::string_view function_name(AggregateFunction function);

// Whether a second equal value changes nothing, so that DISTINCT means nothing.
bool ignores_duplicates(AggregateFunction function);
// Whether there is a result of no values at all, so that it is never NULL.
bool counts(AggregateFunction function);
// Whether it takes an ORDER BY.
bool depends_on_order(AggregateFunction function);
// Whether it needs one.
bool needs_order(AggregateFunction function);
// Whether NULLs are values to it as others are; else they are passed over.
bool takes_nulls(AggregateFunction function);
// Whether there is a result of a single value.
bool has_result_of_one(AggregateFunction function);

// The columns in which the state of one aggregate travels from the partial phase to the final one:
//
//   count, count(*)   <name> bigint
//   sum, avg          <name>/sum numeric(38,s) (NULL: no value yet), <name>/count bigint; where
//                     has_wide_sum also <name>/carry bigint: the total is carry * 2^128 + sum
//    of double        <name>/sum double; avg also <name>/count bigint
//   min, max, bool_*  <name> of the argument's type (NULL: no value yet)
//   stddev_*, var_*   <name>/count bigint, <name>/sum numeric(38,s), <name>/squares numeric(38,0),
//                     the sum of the squares of the unscaled values
//    of double        <name>/count bigint, <name>/sum double, <name>/squares double, the sum of the
//                     squared distances from the mean
//   the others        <name> bytea (NULL: no value yet), as their accumulator writes it
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

// The result types of calls whose columns are of `input`. REQUIRES: the columns exist.
Result<Type> call_type(const AggregateCall& call, const Schema& input);
Result<Type> call_type(const OverCall& call, const Schema& input);

// What aggregate_type does not see: that a parameter is there only where it means something, and is
// what it must be; and the same of an order.
Status check_parameters(const AggregateCall& call);
Status check_order(AggregateFunction function, bool has_order);
// The fraction of approx_percentile. kUser error if it is not a number from 0 to 1.
Result<double> fraction_of(const AggregateCall& call);

}  // namespace weir
