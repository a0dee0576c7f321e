#include "runtime/cli/savepoint_order.h"

namespace weir {

Answer<int> savepoint_command(const Client& client, const SavepointArguments& arguments) {
  return order_savepoint(client, arguments, {.what = "/savepoints"});
}

}  // namespace weir
