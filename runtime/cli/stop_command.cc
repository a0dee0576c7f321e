#include "runtime/cli/savepoint_order.h"

namespace weir {

Answer<int> stop_command(const Client& client, const SavepointArguments& arguments) {
  return order_savepoint(client, arguments, {.what = "/stop", .until_end = true});
}

}  // namespace weir
