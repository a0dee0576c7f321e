// tumble(..) in FROM: opens a window over a relation's event time.
#pragma once

#include "engine/sql/catalog.h"
#include "engine/sql/relation.h"

namespace weir {

// `input` with the columns window_start, window_end and window_time behind its own, and an open
// window. `call` is the FuncCall; its first argument has become `input`, which its messages call
// `name`. Errors are placed.
Result<Relation> open_tumble(const ScriptText& script, const Catalog& catalog,
                             const GraphBuilder& graph, Relation input, const std::string& name,
                             const Node& call);

}  // namespace weir
