// What `weir stop` and `weir savepoint` have in common: they order a savepoint and wait for it.
#pragma once

#include "runtime/cli/client_commands.h"

#include <string_view>

namespace weir {

// Posts to `what` of the job, follows it until the savepoint is there or has failed (and, with
// `until_end`, until the job has ended), and prints where the savepoint is.
struct SavepointOrder {
  std::string_view what;  // "/stop"
  bool until_end = false;
};
Answer<int> order_savepoint(const Client& client, const SavepointArguments& arguments,
                            const SavepointOrder& order);

}  // namespace weir
