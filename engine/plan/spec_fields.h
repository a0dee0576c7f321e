// The fields of every spec, named once: visit_fields calls a visitor with each field's key and its
// member pointer. The JSON form, the JSON Schema, equality and the fingerprint of the state all are
// visitors of these lists.
//
// A visitor is called as visitor(key, &Spec::member). What a member means follows from its type, as
// the specs use each type for one thing only:
//
//   std::string                  a text
//   bool                         true or false
//   int64_t, optional<int64_t>   a duration in microseconds
//   size_t, optional<size_t>     a column of the scope's schema
//   vector<size_t>               several of them
//   Type                         a column's type
//   ExprPtr                      an expression over the scope's schema
//   OptionMap                    names and texts
//   an enum                      one of choice_names
//   uint32_t, optional<uint32_t> a number
//   a struct, vector of structs  nested fields, visited the same way
//
// In JobOptions (scope kNone) optional<uint64_t> is a size in bytes. Order matters to readers: a
// field stands behind those that its scope is made of.
#pragma once

#include "engine/plan/job_graph.h"

#include <span>
#include <string_view>

namespace weir {

// Which schema the columns and expressions below a field refer to.
enum class FieldScope {
  kInput,   // the vertex's input
  kRecord,  // record_schema of a source
  kTable,   // the columns that the struct itself states: of a source's table, of a join and its
            // sides
  kNone,    // there is none
};

enum class FieldPresence { kRequired, kOptional };

// Whether a change of the field gives the vertex's state another meaning, so that old state cannot
// be kept.
enum class FieldWeight { kPlain, kState };

struct FieldKey {
  std::string_view name;
  std::string_view sentence;  // For the JSON Schema.
  FieldPresence presence = FieldPresence::kOptional;
  FieldWeight weight = FieldWeight::kPlain;
  FieldScope scope = FieldScope::kInput;
};

// Names of the values of an enum, in order.
std::span<const std::string_view> choice_names(OnError);
std::span<const std::string_view> choice_names(WhenQuiet);
std::span<const std::string_view> choice_names(Delivery);
std::span<const std::string_view> choice_names(Envelope);
std::span<const std::string_view> choice_names(Ties);
std::span<const std::string_view> choice_names(WindowKind);
std::span<const std::string_view> choice_names(AggregateFunction);
std::span<const std::string_view> choice_names(AggregatePhase);
std::span<const std::string_view> choice_names(ResultMode);
std::span<const std::string_view> choice_names(RankFunction);
std::span<const std::string_view> choice_names(OverOrder);
std::span<const std::string_view> choice_names(OverFunction);
std::span<const std::string_view> choice_names(FrameKind);
std::span<const std::string_view> choice_names(JoinType);

// Says which struct's fields are meant.
template <typename Spec>
struct FieldsOf {};

template <typename Visitor>
void visit_fields(Visitor& visit, FieldsOf<Field>) {
  using S = Field;
  constexpr auto kRequired = FieldPresence::kRequired;
  visit(FieldKey{"name", "the column's name", kRequired}, &S::name);
  visit(FieldKey{"type", "the column's type", kRequired}, &S::type);
  visit(FieldKey{"nullable", "whether it can be NULL"}, &S::nullable);
  visit(FieldKey{"event_time", "whether watermarks speak of it"}, &S::event_time);
}

template <typename Visitor>
void visit_fields(Visitor& visit, FieldsOf<NamedExpr>) {
  using S = NamedExpr;
  constexpr auto kRequired = FieldPresence::kRequired;
  visit(FieldKey{"name", "the name of the column made", kRequired}, &S::name);
  visit(FieldKey{"expr", "what it is, in PostgreSQL's syntax", kRequired}, &S::expr);
}

template <typename Visitor>
void visit_fields(Visitor& visit, FieldsOf<MetadataSpec>) {
  using S = MetadataSpec;
  visit(FieldKey{"function",
                 "record_partition, record_offset, record_time, record_key, "
                 "record_header or record_source",
                 FieldPresence::kRequired},
        &S::function);
  visit(FieldKey{"header", "of record_header: the header's name"}, &S::header);
}

template <typename Visitor>
void visit_fields(Visitor& visit, FieldsOf<Constraint>) {
  using S = Constraint;
  constexpr auto kRequired = FieldPresence::kRequired;
  visit(FieldKey{"name", "the reason that bad records carry", kRequired}, &S::name);
  visit(FieldKey{"condition", "a row for which it is false is bad", kRequired}, &S::condition);
}

template <typename Visitor>
void visit_fields(Visitor& visit, FieldsOf<SourceSpec>) {
  using S = SourceSpec;
  constexpr auto kRequired = FieldPresence::kRequired;
  constexpr auto kOptional = FieldPresence::kOptional;
  constexpr auto kState = FieldWeight::kState;
  constexpr auto kPlain = FieldWeight::kPlain;
  visit(FieldKey{"table", "the table's name", kRequired, kState}, &S::table);
  visit(FieldKey{"connector", "the system it stands for", kRequired, kState}, &S::connector);
  visit(FieldKey{"payload", "columns that are read from the record", kRequired}, &S::payload);
  visit(FieldKey{"metadata", "what the record says about itself: further inputs of `columns`"},
        &S::metadata);
  visit(FieldKey{"columns", "the table's columns; without it those of the payload", kOptional,
                 kPlain, FieldScope::kRecord},
        &S::columns);
  visit(FieldKey{"not_null", "columns that must not be NULL"}, &S::not_null);
  visit(FieldKey{"constraints", "conditions that good rows fulfil", kOptional, kPlain,
                 FieldScope::kTable},
        &S::constraints);
  visit(FieldKey{"event_time", "the column that holds the event time"}, &S::event_time);
  visit(FieldKey{"watermark_delay", "how far rows may be out of order within a split"},
        &S::watermark_delay);
  visit(FieldKey{"max_future", "event times further ahead of the wall clock are bad"},
        &S::max_future);
  visit(FieldKey{"idle_timeout", "a split silent for so long does not hold time back"},
        &S::idle_timeout);
  visit(FieldKey{"when_quiet", "what event time does when all splits are idle"}, &S::when_quiet);
  visit(FieldKey{"on_error", "what a bad record does"}, &S::on_error);
  visit(FieldKey{"options", "of the connector and the format", kOptional, kState}, &S::options);
}

template <typename Visitor>
void visit_fields(Visitor& visit, FieldsOf<ProjectSpec>) {
  using S = ProjectSpec;
  visit(FieldKey{"filter", "only rows for which it is true go on"}, &S::filter);
  visit(FieldKey{"columns", "the columns computed", FieldPresence::kRequired}, &S::columns);
  visit(FieldKey{"on_error", "what a row does that cannot be computed"}, &S::on_error);
}

template <typename Visitor>
void visit_fields(Visitor& visit, FieldsOf<WindowSpec>) {
  using S = WindowSpec;
  constexpr auto kRequired = FieldPresence::kRequired;
  constexpr auto kOptional = FieldPresence::kOptional;
  constexpr auto kState = FieldWeight::kState;
  visit(FieldKey{"kind", "the kind of window", kRequired, kState}, &S::kind);
  visit(FieldKey{"time", "the event-time column; of given windows the one with their end",
                 kRequired, kState},
        &S::time_column);
  visit(FieldKey{"start", "of given windows: the column with their start"}, &S::start_column);
  visit(FieldKey{"last", "of given windows: the column with their window_time"}, &S::last_column);
  visit(FieldKey{"size", "its length; of a session the gap", kOptional, kState}, &S::size);
  visit(FieldKey{"slide", "of hop and cumulate: the step", kOptional, kState}, &S::slide);
  visit(FieldKey{"offset", "how far windows are shifted", kOptional, kState}, &S::offset);
}

template <typename Visitor>
void visit_fields(Visitor& visit, FieldsOf<SortKey>) {
  using S = SortKey;
  visit(FieldKey{"column", "the column to order by", FieldPresence::kRequired}, &S::column);
  visit(FieldKey{"descending", "whether the greatest comes first"}, &S::descending);
  visit(FieldKey{"nulls_first", "whether NULLs come first"}, &S::nulls_first);
}

template <typename Visitor>
void visit_fields(Visitor& visit, FieldsOf<AggregateCall>) {
  using S = AggregateCall;
  constexpr auto kRequired = FieldPresence::kRequired;
  constexpr auto kOptional = FieldPresence::kOptional;
  constexpr auto kState = FieldWeight::kState;
  visit(FieldKey{"name", "the name of the column made", kRequired}, &S::name);
  visit(FieldKey{"function", "the aggregate function", kRequired, kState}, &S::function);
  visit(FieldKey{"argument", "the column aggregated", kOptional, kState}, &S::argument);
  visit(FieldKey{"filter", "a boolean column: other rows are left out"}, &S::filter);
  visit(FieldKey{"distinct", "whether equal values count once", kOptional, kState}, &S::distinct);
  visit(FieldKey{"parameter", "the delimiter of string_agg, the fraction of approx_percentile"},
        &S::parameter);
  visit(FieldKey{"order", "where it matters (string_agg, first_value, ..): that of the rows"},
        &S::order);
  visit(FieldKey{"type", "of the result; follows from the argument"}, &S::type);
}

template <typename Visitor>
void visit_fields(Visitor& visit, FieldsOf<WindowAggregateSpec>) {
  using S = WindowAggregateSpec;
  constexpr auto kRequired = FieldPresence::kRequired;
  constexpr auto kOptional = FieldPresence::kOptional;
  constexpr auto kState = FieldWeight::kState;
  visit(FieldKey{"window", "the window", kRequired, kState}, &S::window);
  visit(FieldKey{"keys", "the columns to group by, beside the window", kOptional, kState},
        &S::keys);
  visit(FieldKey{"aggregates", "what is computed for each group", kOptional, kState},
        &S::aggregates);
  visit(FieldKey{"phase", "always whole in a graph: the planner splits it"}, &S::phase);
}

template <typename Visitor>
void visit_fields(Visitor& visit, FieldsOf<AssignWindowSpec>) {
  using S = AssignWindowSpec;
  visit(FieldKey{"window", "the window", FieldPresence::kRequired, FieldWeight::kState},
        &S::window);
  visit(FieldKey{"drops_late",
                 "whether late rows leave by the late port: where all readers use "
                 "the windows"},
        &S::drops_late);
}

template <typename Visitor>
void visit_fields(Visitor& visit, FieldsOf<ProcessingTimeSpec>) {
  using S = ProcessingTimeSpec;
  visit(FieldKey{"column", "the name of the column made", FieldPresence::kRequired}, &S::column);
}

template <typename Visitor>
void visit_fields(Visitor& visit, FieldsOf<RankCall>) {
  using S = RankCall;
  visit(FieldKey{"name", "the name of the column made", FieldPresence::kRequired}, &S::name);
  visit(FieldKey{"function", "how rows are numbered"}, &S::function);
}

template <typename Visitor>
void visit_fields(Visitor& visit, FieldsOf<WindowRankSpec>) {
  using S = WindowRankSpec;
  constexpr auto kRequired = FieldPresence::kRequired;
  constexpr auto kOptional = FieldPresence::kOptional;
  visit(FieldKey{"window", "of kind given", kRequired, FieldWeight::kState}, &S::window);
  visit(FieldKey{"partition", "the columns to number by, beside the window", kOptional,
                 FieldWeight::kState},
        &S::partition);
  visit(FieldKey{"order", "what rows are sorted by", kRequired}, &S::order);
  visit(FieldKey{"ranks", "the columns made", kRequired}, &S::ranks);
  visit(FieldKey{"limit", "only rows whose first rank is at most this"}, &S::limit);
}

template <typename Visitor>
void visit_fields(Visitor& visit, FieldsOf<OverCall>) {
  using S = OverCall;
  constexpr auto kRequired = FieldPresence::kRequired;
  constexpr auto kOptional = FieldPresence::kOptional;
  constexpr auto kState = FieldWeight::kState;
  visit(FieldKey{"name", "the name of the column made", kRequired}, &S::name);
  visit(FieldKey{"function", "what is computed", kOptional, kState}, &S::function);
  visit(FieldKey{"aggregate", "of aggregates: the function", kOptional, kState}, &S::aggregate);
  visit(FieldKey{"argument", "the column it is computed of", kOptional, kState}, &S::argument);
  visit(FieldKey{"filter", "a boolean column: other rows are left out"}, &S::filter);
  visit(FieldKey{"parameter", "of string_agg and approx_percentile: the constant argument",
                 kOptional, kState},
        &S::parameter);
  visit(FieldKey{"distance", "of lag: how many rows before", kOptional, kState}, &S::distance);
  visit(FieldKey{"fallback", "of lag: the column that stands in for a missing row"}, &S::fallback);
  visit(FieldKey{"frame", "whether the frame is a range of time or of rows", kOptional, kState},
        &S::frame);
  visit(FieldKey{"range", "how far back the frame reaches; without it, to the first row", kOptional,
                 kState},
        &S::range);
  visit(FieldKey{"rows", "how many rows before this one; without it, all", kOptional, kState},
        &S::rows);
  visit(FieldKey{"type", "of the result; follows from the argument"}, &S::type);
}

template <typename Visitor>
void visit_fields(Visitor& visit, FieldsOf<OverSpec>) {
  using S = OverSpec;
  constexpr auto kRequired = FieldPresence::kRequired;
  constexpr auto kOptional = FieldPresence::kOptional;
  constexpr auto kState = FieldWeight::kState;
  visit(FieldKey{"keys", "the columns to partition by", kOptional, kState}, &S::keys);
  visit(FieldKey{"order", "by event time, or as the log has them", kOptional, kState}, &S::order);
  visit(FieldKey{"time", "the event-time column"}, &S::time_column);
  visit(FieldKey{"calls", "what is computed for each row", kRequired, kState}, &S::calls);
}

template <typename Visitor>
void visit_fields(Visitor& visit, FieldsOf<SuppressSpec>) {
  using S = SuppressSpec;
  constexpr auto kRequired = FieldPresence::kRequired;
  constexpr auto kOptional = FieldPresence::kOptional;
  constexpr auto kState = FieldWeight::kState;
  visit(FieldKey{"keys", "rows equal in these follow each other", kOptional, kState}, &S::keys);
  visit(FieldKey{"time", "the event-time column", kRequired, kState}, &S::time_column);
  visit(FieldKey{"interval", "how long a row keeps others back; without it, for ever", kOptional,
                 kState},
        &S::interval);
}

template <typename Visitor>
void visit_fields(Visitor& visit, FieldsOf<JoinSide>) {
  using S = JoinSide;
  constexpr auto kRequired = FieldPresence::kRequired;
  constexpr auto kOptional = FieldPresence::kOptional;
  constexpr auto kState = FieldWeight::kState;
  visit(FieldKey{"columns", "the columns of the input", kRequired, kState}, &S::columns);
  visit(
      FieldKey{"keys", "equal, pairwise, where rows match", kOptional, kState, FieldScope::kTable},
      &S::keys);
  visit(FieldKey{"time", "the event-time column", kRequired, kState, FieldScope::kTable}, &S::time);
}

template <typename Visitor>
void visit_fields(Visitor& visit, FieldsOf<IntervalJoinSpec>) {
  using S = IntervalJoinSpec;
  constexpr auto kRequired = FieldPresence::kRequired;
  constexpr auto kOptional = FieldPresence::kOptional;
  constexpr auto kState = FieldWeight::kState;
  visit(FieldKey{"type", "which side keeps rows without a partner", kOptional, kState}, &S::type);
  visit(FieldKey{"left", "the input at port left", kRequired, kState}, &S::left);
  visit(FieldKey{"right", "the input at port right", kRequired, kState}, &S::right);
  visit(FieldKey{"lower", "the least of left time less right time", kOptional, kState}, &S::lower);
  visit(FieldKey{"upper", "the most of left time less right time", kOptional, kState}, &S::upper);
  visit(FieldKey{"condition", "what a pair must fulfil too", kOptional, FieldWeight::kPlain,
                 FieldScope::kTable},
        &S::condition);
}

template <typename Visitor>
void visit_fields(Visitor& visit, FieldsOf<WindowJoinSpec>) {
  using S = WindowJoinSpec;
  constexpr auto kRequired = FieldPresence::kRequired;
  constexpr auto kOptional = FieldPresence::kOptional;
  constexpr auto kState = FieldWeight::kState;
  visit(FieldKey{"type", "which side keeps rows without a partner", kOptional, kState}, &S::type);
  visit(FieldKey{"left", "the input at port left", kRequired, kState}, &S::left);
  visit(FieldKey{"right", "the input at port right", kRequired, kState}, &S::right);
  visit(FieldKey{"condition", "what a pair must fulfil too", kOptional, FieldWeight::kPlain,
                 FieldScope::kTable},
        &S::condition);
}

template <typename Visitor>
void visit_fields(Visitor& visit, FieldsOf<GroupAggregateSpec>) {
  using S = GroupAggregateSpec;
  constexpr auto kOptional = FieldPresence::kOptional;
  constexpr auto kState = FieldWeight::kState;
  visit(FieldKey{"keys", "the columns to group by", kOptional, kState}, &S::keys);
  visit(FieldKey{"aggregates", "what is computed for each group", kOptional, kState},
        &S::aggregates);
}

template <typename Visitor>
void visit_fields(Visitor& visit, FieldsOf<TopSpec>) {
  using S = TopSpec;
  constexpr auto kOptional = FieldPresence::kOptional;
  visit(FieldKey{"partition", "the columns to number by", kOptional, FieldWeight::kState},
        &S::partition);
  visit(FieldKey{"order", "what rows are sorted by"}, &S::order);
  visit(FieldKey{"ties", "which of equal rows goes first"}, &S::ties);
  visit(FieldKey{"limit", "how many rows of each partition"}, &S::limit);
  visit(FieldKey{"rank", "the name of the column with the row's number"}, &S::rank);
}

template <typename Visitor>
void visit_fields(Visitor& visit, FieldsOf<EquiSide>) {
  using S = EquiSide;
  constexpr auto kState = FieldWeight::kState;
  visit(FieldKey{"columns", "the columns of the input", FieldPresence::kRequired, kState},
        &S::columns);
  visit(FieldKey{"keys", "equal, pairwise, where rows match", FieldPresence::kOptional, kState,
                 FieldScope::kTable},
        &S::keys);
}

template <typename Visitor>
void visit_fields(Visitor& visit, FieldsOf<EquiJoinSpec>) {
  using S = EquiJoinSpec;
  constexpr auto kRequired = FieldPresence::kRequired;
  constexpr auto kOptional = FieldPresence::kOptional;
  constexpr auto kState = FieldWeight::kState;
  visit(FieldKey{"type", "which side keeps rows without a partner", kOptional, kState}, &S::type);
  visit(FieldKey{"left", "the input at port left", kRequired, kState}, &S::left);
  visit(FieldKey{"right", "the input at port right", kRequired, kState}, &S::right);
  visit(FieldKey{"condition", "what a pair must fulfil too", kOptional, FieldWeight::kPlain,
                 FieldScope::kTable},
        &S::condition);
}

template <typename Visitor>
void visit_fields(Visitor& visit, FieldsOf<AsOfJoinSpec>) {
  using S = AsOfJoinSpec;
  constexpr auto kRequired = FieldPresence::kRequired;
  constexpr auto kOptional = FieldPresence::kOptional;
  constexpr auto kState = FieldWeight::kState;
  visit(
      FieldKey{"type", "whether rows without a version are kept: inner or left", kOptional, kState},
      &S::type);
  visit(FieldKey{"left", "the input at port left", kRequired, kState}, &S::left);
  visit(FieldKey{"right", "the versions, at port right", kRequired, kState}, &S::right);
  visit(FieldKey{"condition", "what a pair must fulfil too", kOptional, FieldWeight::kPlain,
                 FieldScope::kTable},
        &S::condition);
}

template <typename Visitor>
void visit_fields(Visitor& visit, FieldsOf<FoldSpec>) {
  using S = FoldSpec;
  visit(FieldKey{"keys", "rows that are the same are equal in these", FieldPresence::kOptional,
                 FieldWeight::kState},
        &S::keys);
}

template <typename Visitor>
void visit_fields(Visitor& visit, FieldsOf<UnionSpec>) {
  using S = UnionSpec;
  visit(FieldKey{"columns", "the columns of every input", FieldPresence::kRequired}, &S::columns);
}

template <typename Visitor>
void visit_fields(Visitor& visit, FieldsOf<SinkSpec>) {
  using S = SinkSpec;
  constexpr auto kRequired = FieldPresence::kRequired;
  constexpr auto kOptional = FieldPresence::kOptional;
  constexpr auto kState = FieldWeight::kState;
  visit(FieldKey{"table", "the table's name", kRequired, kState}, &S::table);
  visit(FieldKey{"connector", "the system it stands for", kRequired, kState}, &S::connector);
  visit(FieldKey{"columns", "the table's columns", kRequired}, &S::columns);
  visit(FieldKey{"primary_key", "the columns that identify a row"}, &S::primary_key);
  visit(FieldKey{"delivery", "once with its checkpoint, or at once", kOptional, kState},
        &S::delivery);
  visit(FieldKey{"envelope", "how changes are written"}, &S::envelope);
  visit(FieldKey{"options", "of the connector and the format", kOptional, kState}, &S::options);
}

template <typename Visitor>
void visit_fields(Visitor& visit, FieldsOf<JobOptions>) {
  using S = JobOptions;
  visit(FieldKey{"job_name", "the name in listings"}, &S::job_name);
  visit(FieldKey{"parallelism", "instances of each step"}, &S::parallelism);
  visit(FieldKey{"checkpoint_interval", "time between checkpoints"}, &S::checkpoint_interval);
  visit(FieldKey{"state_ttl", "how long state without a window is kept"}, &S::state_ttl);
  visit(FieldKey{"result_mode", "whether results are written as they change"}, &S::result_mode);
  visit(FieldKey{"memory", "bytes for state, caches and queues", FieldPresence::kOptional,
                 FieldWeight::kPlain, FieldScope::kNone},
        &S::memory);
  visit(FieldKey{"max_alignment", "a checkpoint waiting longer is given up"}, &S::max_alignment);
  visit(FieldKey{"restart_attempts", "restarts before the job is given up"}, &S::restart_attempts);
}

// The schema of a field's scope; null where there is none. `input` is that of the struct the field
// is in, and `spec` is filled as far as the fields before this one.
template <typename Spec>
SchemaPtr scope_schema(const Spec&, FieldScope, const SchemaPtr& input) {
  return input;
}
inline SchemaPtr scope_schema(const SourceSpec& spec, FieldScope scope, const SchemaPtr& input) {
  if (scope == FieldScope::kRecord) return record_schema(spec);
  if (scope == FieldScope::kTable) return output_schema(spec, kRowsPort, nullptr);
  return input;
}
inline SchemaPtr scope_schema(const JoinSide& side, FieldScope scope, const SchemaPtr& input) {
  return scope == FieldScope::kTable ? std::make_shared<const Schema>(Schema{side.columns}) : input;
}
inline SchemaPtr scope_schema(const IntervalJoinSpec& spec, FieldScope, const SchemaPtr&) {
  return output_schema(spec, kRowsPort, nullptr);
}
inline SchemaPtr scope_schema(const WindowJoinSpec& spec, FieldScope, const SchemaPtr&) {
  return output_schema(spec, kRowsPort, nullptr);
}
inline SchemaPtr scope_schema(const EquiSide& side, FieldScope scope, const SchemaPtr& input) {
  return scope == FieldScope::kTable ? std::make_shared<const Schema>(Schema{side.columns}) : input;
}
inline SchemaPtr scope_schema(const AsOfJoinSpec& spec, FieldScope, const SchemaPtr&) {
  return output_schema(spec, kRowsPort, nullptr);
}
inline SchemaPtr scope_schema(const EquiJoinSpec& spec, FieldScope, const SchemaPtr&) {
  return output_schema(spec, kRowsPort, nullptr);
}

// Equality by the fields; expressions by same_expr. Of VertexSpec: the same kind and the same
// fields.
bool same_spec(const VertexSpec& a, const VertexSpec& b);
bool same_options(const JobOptions& a, const JobOptions& b);

// Names the layout and the meaning of the vertex's state: the same for specs whose state can be
// kept, whatever their columns and positions are called. `input` is the schema of its input (null
// for sources). Part of every checkpoint.
uint64_t state_fingerprint(const VertexSpec& spec, const SchemaPtr& input);

}  // namespace weir
