// What is read is what was written, and nothing else is ever read.
#include "state/manifest_codec.h"

#include "engine/base/crc32c.h"
#include "tests/state/manifests.h"

#include <catch2/catch.hpp>

#include <cstring>

namespace weir {
namespace {

const std::string kName = "jobs/q/3/41/manifest";

// Bytes that somebody else might write: with a checksum that fits.
std::string sealed(std::string bytes) {
  const uint32_t checksum = crc32c(bytes);
  bytes.append(reinterpret_cast<const char*>(&checksum), sizeof checksum);
  return bytes;
}

std::string without_checksum(const std::string& bytes) { return bytes.substr(0, bytes.size() - 4); }

void check_refused(const std::string& bytes, ErrorKind kind, const std::string& because) {
  const Result<Manifest> read = decode_manifest(bytes, kName);
  REQUIRE(!read.ok());
  CHECK(read.error().kind == kind);
  CHECK(read.error().message.find(kName) != std::string::npos);
  CHECK(read.error().message.find(because) != std::string::npos);
}

TEST_CASE("AManifestComesBackAsItWas") {
  for (const Manifest& manifest : {full_manifest(), Manifest{}}) {
    const std::string bytes = encode_manifest(manifest);
    CHECK(decode_manifest(bytes, kName).value() == manifest);
    CHECK(encode_manifest(manifest) == bytes);
  }
}

TEST_CASE("ABaseComesBackAsItWas") {
  const CheckpointId from{.generation = Generation{6}, .epoch = Epoch{0}};
  for (const GenerationBase& base :
       {GenerationBase{.generation = Generation{7}, .from = from},
        GenerationBase{.generation = Generation{7}}, GenerationBase{}}) {
    CHECK(decode_base(encode_base(base), "b").value() == base);
  }
}

TEST_CASE("EveryBitAndEveryLengthIsGuarded") {
  const std::string manifest = encode_manifest(full_manifest());
  const std::string base = encode_base({.generation = Generation{7}});
  for (size_t at = 0; at < manifest.size(); ++at) {
    CAPTURE(at);
    std::string flipped = manifest;
    flipped[at] = static_cast<char>(flipped[at] ^ (1 << at % 8));
    check_refused(flipped, ErrorKind::kCorrupt, "checksum");
    check_refused(manifest.substr(0, at), ErrorKind::kCorrupt, "");
  }
  for (size_t bit = 0; bit < base.size() * 8; ++bit) {
    std::string flipped = base;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
    CHECK(decode_base(flipped, "b").error().kind == ErrorKind::kCorrupt);
  }
}

TEST_CASE("AnotherVersionIsNamedWithWhatToDo") {
  std::string bytes = without_checksum(encode_manifest(full_manifest()));
  const uint32_t version = 5;
  std::memcpy(bytes.data() + 8, &version, sizeof version);
  check_refused(sealed(bytes), ErrorKind::kUser, "its format version is 5, and this weir reads 4");
  check_refused(sealed(bytes), ErrorKind::kUser, "run the version of weir that wrote it");
}

TEST_CASE("AFieldThatIsNotKnownIsRefused") {
  const std::string bytes = without_checksum(encode_manifest(full_manifest()));
  // Field 1000, a number; and the same inside the last slot, where the message ends.
  const std::string field = "\xc0\x3e\x01";
  check_refused(sealed(bytes + field), ErrorKind::kCorrupt, "more than a manifest");
  const std::string slot = std::string("\x4a\x03", 2) + field;
  check_refused(sealed(bytes + slot), ErrorKind::kCorrupt, "more than a manifest");
  check_refused(sealed(bytes + "\xff"), ErrorKind::kCorrupt, "no manifest");
}

TEST_CASE("OneKindIsNotReadAsTheOther") {
  check_refused(encode_base({}), ErrorKind::kCorrupt, "something else");
  const Result<GenerationBase> base = decode_base(encode_manifest(full_manifest()), "b");
  REQUIRE(!base.ok());
  CHECK(base.error().kind == ErrorKind::kCorrupt);
}

TEST_CASE("AParentIsOlderThanItsChild") {
  Manifest manifest = full_manifest();
  manifest.parent = manifest.id;
  check_refused(encode_manifest(manifest), ErrorKind::kCorrupt, "parent");
}

}  // namespace
}  // namespace weir
