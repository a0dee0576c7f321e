// A relation: what a SELECT, a view or a table gives, before it is a vertex of its own.
//
// It names a vertex that exists and says, as expressions over that vertex's output, which rows and
// columns it has. So filters and projections on top of each other become one step; only what needs
// rows (a sink, a window, a union) makes a relation into a vertex.
#pragma once

#include "engine/sql/ast.h"
#include "engine/sql/graph_builder.h"
#include "engine/sql/scope.h"

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

struct RelationColumn {
  std::string name;
  ExprPtr expr;  // Over the vertex's output; may be untyped in the list of an INSERT's SELECT or of
                 // a union's branch.
  size_t location = 0;  // In the script, for messages.
};

// What the tables read by a relation say about rows that cannot be used. Where they differ: the
// strictest.
struct RowPolicy {
  OnError on_error = OnError::kFail;
  std::string dead_letters;   // A table; empty if none.
  std::string late;           // A table; empty: late rows are only counted.
  bool late_differs = false;  // Tables of a union disagree about `late`.

  bool operator==(const RowPolicy&) const = default;
};
RowPolicy merge(const RowPolicy& a, const RowPolicy& b);

// A window that FROM tumble(..) has opened and no GROUP BY has used yet. Of kind kGiven: one that
// the rows of a windowed result carry, for the GROUP BY that uses it.
struct OpenWindow {
  WindowSpec spec;      // All but its columns.
  ExprPtr time;         // The time column; of kGiven the window's end.
  ExprPtr start;        // Of kGiven only: the window's start,
  ExprPtr last;         // and its window_time; null: the rows have none.
  size_t location = 0;  // Of the call.
};

// What every window adds to a row, in this order.
inline constexpr std::string_view kWindowColumns[] = {"window_start", "window_end", "window_time"};

struct Relation {
  VertexIndex vertex;
  SchemaPtr base;  // The vertex's output; less of it may be nullable than the graph knows.
  ExprPtr filter;  // Null: all rows.
  std::vector<RelationColumn> columns;
  RowPolicy policy;
  std::optional<OpenWindow> window;

  std::vector<std::string> column_names() const;
  Scope scope(const std::string& alias) const;
};

// All columns of a vertex as they are.
Relation relation_of(const GraphBuilder& graph, VertexIndex vertex, RowPolicy policy);

// The rows of `relation` for which `condition`, over the same vertex, is true too.
Relation filtered(Relation relation, const ExprPtr& condition);

// The three columns that an open window adds stand behind the vertex's own, as columns that no
// vertex gives: a GROUP BY gives them a meaning, or assign_window does. Those of kGiven are columns
// of the vertex.
enum class WindowColumn { kStart = 0, kEnd = 1, kTime = 2 };
ExprPtr window_column(const Relation& relation, WindowColumn column);
std::optional<WindowColumn> as_window_column(const Relation& relation, const Expr& expr);
bool mentions_window(const Relation& relation, const Expr& expr);

// The relation with its open window closed by a step that puts every row into its windows: the same
// columns, now all of a vertex. REQUIRES: a window of kind tumble, hop or cumulate.
Relation assign_window(GraphBuilder& graph, Relation relation, const std::string& id);

// The relation with its rows stamped by the wall clock as they come: the same columns, over a
// vertex whose last column is the stamp and its only event time. REQUIRES: no open window, nothing
// that reads the arrival watermark.
Relation stamp_rows(GraphBuilder& graph, Relation relation, const std::string& id);

// Whether its filter or a column asks for current_watermark().
bool reads_watermark(const Relation& relation);

// Whether the column is passed on as it is from an event-time column of the vertex.
bool is_event_time(const Relation& relation, const Expr& expr);

// How many nodes the trees of the relation have, counted up to `limit`.
size_t tree_size(const Relation& relation, size_t limit);

// A project step with the relation's columns.
// REQUIRES: no open window, no untyped expression, column names that differ.
VertexIndex add_project(GraphBuilder& graph, const Relation& relation, const std::string& id);

// `wanted`, with "_2", "_3", ... behind it if it is taken; it is taken then.
std::string unique_name(std::set<std::string>& taken, const std::string& wanted);

// The relation as a vertex with exactly its columns: its own vertex if that has them already, else
// a project step. REQUIRES: as add_project.
VertexIndex materialize(GraphBuilder& graph, const Relation& relation, const std::string& id);

}  // namespace weir
