// Goal: the parts of a manifest survive being messages. Whole manifests: manifest_codec_test.cc.
#include "state/checkpoint_proto.h"

#include "tests/state/manifests.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

TEST_CASE("PartsOfAManifestReadAsWritten") {
  const Manifest manifest = full_manifest();
  for (const TaskSnapshot& task : manifest.tasks) {
    proto::TaskSnapshot message;
    put_task_snapshot(message, task);
    CHECK(task_snapshot_of(message) == task);
  }
  for (const SlotOutput::Sealed& sealed : manifest.slots.front().sealed) {
    proto::SealedOutput message;
    put_sealed(message, sealed);
    CHECK(sealed_of(message) == sealed);
  }
}

}  // namespace
}  // namespace weir
