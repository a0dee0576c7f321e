#include "state/manifest_codec.h"

#include "engine/base/bytes.h"
#include "engine/base/crc32c.h"
#include "state/checkpoint_proto.h"

#include <fmt/format.h>

#include <limits>
#include <proto/weir/checkpoint.pb.h>
#include <string>

namespace weir {
namespace {

constexpr std::string_view kManifestKind = "weirckpt";
constexpr std::string_view kBaseKind = "weirbase";
constexpr uint32_t kVersion = 4;
constexpr size_t kHeaderBytes = kManifestKind.size() + sizeof kVersion;
constexpr size_t kTrailerBytes = sizeof(uint32_t);
static_assert(kManifestKind.size() == kBaseKind.size());

std::string enclose(std::string_view kind, const google::protobuf::MessageLite& message) {
  CHECK(message.ByteSizeLong() <= std::numeric_limits<int32_t>::max());
  ByteWriter out;
  out.put_bytes(kind);
  out.put(kVersion);
  out.put_bytes(message.SerializeAsString());
  out.put(crc32c(out.view()));
  return std::move(out).take();
}

Error not_as_written(std::string_view object, std::string_view what) {
  return corrupt(
      fmt::format("cannot use {} of the snapshot store: {}; restore it from a copy of the store",
                  object, what));
}

// The message inside.
Result<std::string_view> disclose(std::string_view kind, std::string_view bytes,
                                  std::string_view object) {
  if (bytes.size() < kHeaderBytes + kTrailerBytes) {
    return not_as_written(object, fmt::format("it was cut off after {} bytes", bytes.size()));
  }
  const std::string_view checked = bytes.substr(0, bytes.size() - kTrailerBytes);
  ByteReader trailer(bytes.substr(checked.size()));
  const uint32_t written = TRY(trailer.get<uint32_t>());
  const uint32_t computed = crc32c(checked);
  if (written != computed) {
    return not_as_written(
        object, fmt::format("its checksum is {:08x} where {:08x} was written", computed, written));
  }
  ByteReader in(checked);
  const std::string_view found = TRY(in.get_bytes(kind.size()));
  if (found != kind) return not_as_written(object, "it holds something else");
  const uint32_t version = TRY(in.get<uint32_t>());
  if (version != kVersion) {
    return user_error(fmt::format(
        "cannot use {} of the snapshot store: its format version is {}, and this weir reads {}; "
        "run the version of weir that wrote it",
        object, version, kVersion));
  }
  return in.get_bytes(in.left());
}

void put_slot(proto::SlotOutput& out, const SlotOutput& slot) {
  out.set_sink(slot.sink);
  out.set_slot(slot.slot);
  for (const SlotOutput::Sealed& sealed : slot.sealed) put_sealed(*out.add_sealed(), sealed);
}

SlotOutput slot_of(const proto::SlotOutput& in) {
  SlotOutput slot{.sink = in.sink(), .slot = in.slot()};
  for (const proto::SealedOutput& sealed : in.sealed()) slot.sealed.push_back(sealed_of(sealed));
  return slot;
}

Manifest manifest_of(const proto::Manifest& in) {
  Manifest manifest{.id = checkpoint_id_of(in.id()),
                    .lineage = in.lineage(),
                    .script = in.script(),
                    .key_groups = in.key_groups(),
                    .parallelism = in.parallelism(),
                    .finished = in.finished()};
  if (in.has_parent()) manifest.parent = checkpoint_id_of(in.parent());
  for (const proto::TaskSnapshot& task : in.tasks())
    manifest.tasks.push_back(task_snapshot_of(task));
  for (const proto::SlotOutput& slot : in.slots()) manifest.slots.push_back(slot_of(slot));
  return manifest;
}

}  // namespace

std::string encode_manifest(const Manifest& manifest) {
  proto::Manifest message;
  put_checkpoint_id(*message.mutable_id(), manifest.id);
  if (manifest.parent) put_checkpoint_id(*message.mutable_parent(), *manifest.parent);
  message.set_lineage(manifest.lineage);
  message.set_script(manifest.script);
  message.set_key_groups(manifest.key_groups);
  message.set_parallelism(manifest.parallelism);
  message.set_finished(manifest.finished);
  for (const TaskSnapshot& task : manifest.tasks) put_task_snapshot(*message.add_tasks(), task);
  for (const SlotOutput& slot : manifest.slots) put_slot(*message.add_slots(), slot);
  return enclose(kManifestKind, message);
}

Result<Manifest> decode_manifest(std::string_view bytes, std::string_view object) {
  const std::string_view inside = TRY(disclose(kManifestKind, bytes, object));
  proto::Manifest message;
  if (!message.ParseFromArray(inside.data(), static_cast<int>(inside.size()))) {
    return not_as_written(object, "it is no manifest");
  }
  Manifest manifest = manifest_of(message);
  // Writing is a function of the manifest alone, so this finds all that was not understood.
  if (encode_manifest(manifest) != bytes) {
    return not_as_written(object, "it holds more than a manifest of this version does");
  }
  if (manifest.parent && *manifest.parent >= manifest.id) {
    return not_as_written(object, "its parent is not older than itself");
  }
  return manifest;
}

std::string encode_base(const GenerationBase& base) {
  proto::GenerationBase message;
  message.set_generation(base.generation.value());
  if (base.from) put_checkpoint_id(*message.mutable_from(), *base.from);
  return enclose(kBaseKind, message);
}

Result<GenerationBase> decode_base(std::string_view bytes, std::string_view object) {
  const std::string_view inside = TRY(disclose(kBaseKind, bytes, object));
  proto::GenerationBase message;
  if (!message.ParseFromArray(inside.data(), static_cast<int>(inside.size()))) {
    return not_as_written(object, "it is no base of a generation");
  }
  GenerationBase base{.generation = Generation{message.generation()}};
  if (message.has_from()) base.from = checkpoint_id_of(message.from());
  if (encode_base(base) != bytes) {
    return not_as_written(object, "it holds more than a base of this version does");
  }
  return base;
}

}  // namespace weir
