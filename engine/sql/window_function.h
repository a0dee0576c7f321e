// tumble(..), hop(..), cumulate(..) and session(..) in FROM: open a window over a relation's event
// time.
#pragma once

#include "engine/sql/catalog.h"
#include "engine/sql/relation.h"

#include <optional>
#include <string>
#include <string_view>

namespace weir {

bool is_window_function(std::string_view name);

// How the function is written: "tumble(table, time_column, INTERVAL '1 minute' [, offset])".
std::string window_function_form(std::string_view name);

// `input` with the columns window_start, window_end and window_time behind its own, and an open
// window; with processing_time() for a column a step of `owner` stamps the rows. `call` is the
// FuncCall of a window function; its first argument has become `input`, which its messages call
// `name`. Errors are placed.
Result<Relation> open_window(const ScriptText& script, const Catalog& catalog, GraphBuilder& graph,
                             Relation input, const std::string& name, const Node& call,
                             const std::string& owner);

// The event-time column of `input` that an argument names, for a step called `what` ("a window").
// Errors are placed, and say why there is none and which column has one.
Result<ExprPtr> event_time_argument(const ScriptText& script, const GraphBuilder& graph,
                                    const Relation& input, const std::string& name,
                                    const Node& node, std::string_view what,
                                    const std::string& form);

}  // namespace weir
