// Savepoints: a folder of its own holds one manifest and the files that it names.
//
//   manifest     written last
//   files/<n>    from 0

#include "state/savepoint.h"

#include "state/manifest_codec.h"

#include <fmt/format.h>

#include <filesystem>
#include <map>
#include <utility>
#include <vector>

namespace weir {
namespace {

const std::string kManifestName = "manifest";

// What has to be copied of a task.
std::vector<StoredObject*> objects_of(TaskSnapshot& task) {
  std::vector<StoredObject*> objects;
  for (StoredObject& file : task.files) objects.push_back(&file);
  for (WarmFile& file : task.warm) objects.push_back(&file.contents);
  return objects;
}

Error refused(std::string_view reason) {
  return user_error(fmt::format("cannot write a savepoint: {}", reason));
}

Status check_empty(SnapshotStore& to) {
  const std::vector<std::string> there = TRY(to.list(""));
  if (there.empty()) return {};
  return refused(fmt::format("its folder holds {} already; name an empty one", there.front()));
}

// By writing there.
Status check_writable(const std::string& folder) {
  const std::unique_ptr<SnapshotStore> to = TRY(open_directory_store(folder));
  TRY(check_empty(*to));
  TRY(to->put(kManifestName, ""));
  return to->remove(kManifestName);
}

}  // namespace

Status check_savepoint_folder(const std::string& folder) {
  const Status usable = check_writable(folder);
  if (usable.ok()) return {};
  return user_error(fmt::format("savepoint folder {}: {}", folder, usable.error().message));
}

Status JobHistory::write_savepoint(const Manifest& manifest, SnapshotStore& to) {
  const std::optional<uint64_t> committed = TRY(store_.size(layout_.committed(manifest.id)));
  if (!committed) return refused("the output of this checkpoint has not been delivered yet");
  TRY(check_empty(to));
  Manifest copy = manifest;
  copy.parent.reset();
  for (SlotOutput& slot : copy.slots) slot.sealed.clear();
  std::map<std::string, std::string> names;  // A file may belong to several tasks.
  for (TaskSnapshot& task : copy.tasks) {
    for (StoredObject* file : objects_of(task)) {
      const auto [at, is_new] =
          names.try_emplace(file->name, fmt::format("files/{}", names.size()));
      if (is_new) {
        const std::string bytes = TRY(read_object(*file));
        TRY(to.put(at->second, bytes));
      }
      file->name = at->second;
    }
  }
  const PutIfAbsent put = TRY(to.put_if_absent(kManifestName, encode_manifest(copy)));
  if (put == PutIfAbsent::kDone) return {};
  return refused("another one was written into its folder at the same time; name an empty one");
}

Result<std::unique_ptr<SnapshotStore>> open_savepoint(const std::string& folder) {
  std::error_code trouble;
  if (std::filesystem::is_directory(folder, trouble)) return open_directory_store(folder);
  return user_error(fmt::format(
      "cannot read the savepoint {}: there is no such folder; name one that a savepoint was "
      "written to",
      folder));
}

Result<Manifest> read_savepoint(SnapshotStore& from) {
  const std::optional<std::string> bytes = TRY(from.get(kManifestName));
  if (!bytes) {
    return user_error(
        "cannot read the savepoint: there is no manifest in its folder; name a folder that a "
        "savepoint was written to");
  }
  return decode_manifest(*bytes, "the savepoint's " + kManifestName);
}

Result<Manifest> read_savepoint(const std::string& folder) {
  const std::unique_ptr<SnapshotStore> from = TRY(open_savepoint(folder));
  Result<Manifest> manifest = read_savepoint(*from);
  if (manifest.ok()) return manifest;
  return about_savepoint(folder, std::move(manifest).error());
}

Error about_savepoint(const std::string& folder, Error error) {
  error.message = fmt::format("savepoint {}: {}", folder, error.message);
  return error;
}

Result<Manifest> JobHistory::adopt_savepoint(SnapshotStore& from, Generation generation,
                                             const std::optional<std::string>& fork) {
  Manifest manifest = TRY(read_savepoint(from));
  if (manifest.id.generation >= generation) {
    return user_error(fmt::format(
        "cannot start from the savepoint as generation {}: it was taken by generation {}",
        generation.value(), manifest.id.generation.value()));
  }
  manifest.parent = manifest.id;
  manifest.id = {.generation = generation, .epoch = manifest.id.epoch};
  if (fork.has_value()) {
    manifest.lineage = *fork;
    manifest.slots.clear();
  }
  std::map<std::string, StoredObject> copies;
  for (TaskSnapshot& task : manifest.tasks) {
    for (StoredObject* file : objects_of(task)) {
      const auto [at, is_new] = copies.try_emplace(file->name);
      if (is_new) {
        const std::string bytes = TRY(read_verified(from, *file));
        at->second = TRY(put_file(manifest.id, task.chain, task.instance,
                                  fmt::format("{}", copies.size()), bytes));
      }
      *file = at->second;
    }
  }
  // Until the manifest is there, look() takes this generation for one that never ran.
  TRY(write_base(generation, manifest.id));
  TRY(put_manifest(manifest));
  TRY(put_committed(manifest.id));
  return manifest;
}

}  // namespace weir
