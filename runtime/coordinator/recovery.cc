#include "runtime/coordinator/recovery.h"

#include "engine/base/fail_point.h"
#include "runtime/coordinator/state_fit.h"

#include <fmt/format.h>

#include <random>

namespace weir {
Result<std::optional<RecoveryPoint>> look_back(JobHistory& history, const Plan& plan,
                                               Generation generation) {
  std::optional<RecoveryPoint> point = TRY(history.look(generation));
  if (!point.has_value()) return point;
  FAIL_POINT("recovery.looked");
  TRY(check_ends(point->manifest, plan));
  return point;
}

Result<Manifest> read_fitting_savepoint(SnapshotStore& from, const Plan& plan, bool forks) {
  Manifest manifest = TRY(read_savepoint(from));
  if (forks) manifest.slots.clear();
  TRY(check_ends(manifest, plan));
  return manifest;
}

std::string new_lineage() {
  std::random_device entropy;
  return fmt::format("{:08x}{:08x}{:08x}{:08x}", entropy(), entropy(), entropy(), entropy());
}

}  // namespace weir
