// Which columns of a step's rows are their window's: what makes a second aggregate, a top-N or a
// join by window possible without a window function in FROM. Pure.
#pragma once

#include "engine/sql/relation.h"

#include <optional>

namespace weir {

// Columns of the vertex.
struct ResultWindow {
  size_t start = 0;
  size_t end = 0;
  std::optional<size_t> time;  // window_time, where it is still there.
  WindowSpec origin;           // The window function that made it, without its columns.
};

// Nothing where the rows have no window, or not all of it is left.
std::optional<ResultWindow> window_of(const GraphBuilder& graph, VertexIndex vertex);

// Whether rows of both fall into the same windows.
bool same_windows(const ResultWindow& a, const ResultWindow& b);

// The window that the rows of `relation` carry, as an open one for a GROUP BY. REQUIRES: it has no
// open window.
std::optional<OpenWindow> given_window(const GraphBuilder& graph, const Relation& relation,
                                       size_t location);

}  // namespace weir
