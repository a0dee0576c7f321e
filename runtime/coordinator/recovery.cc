#include "runtime/coordinator/recovery.h"

#include "engine/base/crc32c.h"
#include "engine/base/fail_point.h"
#include "runtime/coordinator/state_fit.h"
#include "state/savepoint.h"

#include <fmt/format.h>

#include <random>

namespace weir {
namespace {

// How the lineage of each fork of it ends.
std::string mark_of_forks(const Origin& origin) {
  const std::string name = fmt::format("{} {} {}", origin.lineage, origin.id.generation.value(),
                                       origin.id.epoch.value());
  return fmt::format("{:08x}", crc32c(name));
}

}  // namespace

Result<std::optional<RecoveryPoint>> look_back(JobHistory& history, const Plan& plan,
                                               Generation generation) {
  std::optional<RecoveryPoint> point = TRY(history.look(generation));
  if (!point.has_value()) return point;
  FAIL_POINT("recovery.looked");
  TRY(check_ends(point->manifest, plan));
  return point;
}

Result<Manifest> read_fitting_savepoint(const std::string& folder, const Plan& plan, bool forks) {
  Manifest manifest = TRY(read_savepoint(folder));
  if (forks) manifest.slots.clear();
  TRY(check_ends(manifest, plan));
  return manifest;
}

Status check_descent(const Manifest& newest, const Origin& origin, bool forks) {
  // Epochs count on over all lives of a lineage.
  const bool descends =
      forks ? newest.lineage != origin.lineage && newest.lineage.ends_with(mark_of_forks(origin))
            : newest.lineage == origin.lineage && newest.id.epoch >= origin.id.epoch;
  if (descends) return {};
  return user_error(
      "the state that is there already did not begin with this savepoint: to go on from that state "
      "leave out --from, to begin with the savepoint name an empty folder with --state");
}

std::string new_lineage_of_fork(const Origin& origin) {
  const std::string mark = mark_of_forks(origin);
  const std::string lineage = new_lineage();
  return lineage.substr(0, lineage.size() - mark.size()) + mark;
}

std::string new_lineage() {
  std::random_device entropy;
  return fmt::format("{:08x}{:08x}{:08x}{:08x}", entropy(), entropy(), entropy(), entropy());
}

}  // namespace weir
