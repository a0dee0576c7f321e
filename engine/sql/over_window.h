// What stands behind OVER: the partition, the order and the frame, with the names of WINDOW put in.
#pragma once

#include "engine/plan/specs.h"
#include "engine/sql/catalog.h"
#include "engine/sql/scope.h"

#include <optional>
#include <string>
#include <vector>

namespace weir {

struct OverSort {
  ExprPtr expr;
  bool descending = false;
  bool nulls_first = false;
};

struct OverWindow {
  std::vector<ExprPtr> partition;
  std::vector<std::string> names;  // Of the partition, for ids.
  bool by_log = false;             // ORDER BY log_order()
  std::vector<OverSort> order;     // Empty: none, or by the log.
  FrameKind frame = FrameKind::kRange;
  std::optional<int64_t> range;  // As OverCall
  std::optional<uint32_t> rows;
  size_t location = 0;  // Of its order, or of OVER.
};

bool same_order(const OverWindow& a, const OverWindow& b);
bool same_partition(const OverWindow& a, const OverWindow& b);

// `over` is what a FuncCall has there; `named` are the entries of the WINDOW clause. Errors are
// placed: frames that look ahead, names that do not exist.
Result<OverWindow> read_over_window(const ScriptText& script, const Catalog& catalog,
                                    const Scope& scope, const std::vector<Node>& named,
                                    const Node& over);

}  // namespace weir
