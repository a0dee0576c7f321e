#include "state/job_history.h"

#include "engine/base/crc32c.h"
#include "state/local_files.h"
#include "state/manifest_codec.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

namespace weir {
namespace {

Error fenced_by(Generation generation, Generation newer) {
  return {ErrorKind::kFenced,
          fmt::format("cannot go on as generation {} of the job: generation {} runs it now",
                      generation.value(), newer.value())};
}

Error missing(const std::string& name) {
  return corrupt(fmt::format(
      "cannot find {} in the snapshot store, where it must be; restore it from a copy of the store",
      name));
}

// Of each generation, what recovery decides by.
struct Records {
  bool has_base = false;
  std::optional<CheckpointId> newest_manifest;
  std::optional<CheckpointId> newest_committed;

  bool has_run() const { return newest_manifest || newest_committed; }
};

std::map<Generation, Records> records_of(const std::vector<JobObject>& objects, Generation newest) {
  std::map<Generation, Records> found;
  for (const JobObject& object : objects) {
    if (object.id.generation > newest) continue;
    Records& records = found[object.id.generation];
    switch (object.kind) {
      case JobObjectKind::kFence:
      case JobObjectKind::kFile: break;
      case JobObjectKind::kBase: records.has_base = true; break;
      case JobObjectKind::kManifest:
        records.newest_manifest = std::max(records.newest_manifest, std::optional(object.id));
        break;
      case JobObjectKind::kCommitted:
        records.newest_committed = std::max(records.newest_committed, std::optional(object.id));
        break;
    }
  }
  return found;
}

// A name has one writer, so what is there has to be what was to be written. An unknown outcome is
// settled by asking once more.
template <typename Put, typename IsIt>
Status put_new(SnapshotStore& store, const std::string& name, const Put& put, const IsIt& is_it) {
  Result<PutIfAbsent> done = put();
  if (!done.ok() && done.error().kind == ErrorKind::kUnavailable) done = put();
  if (TRY(std::move(done)) == PutIfAbsent::kDone) return {};
  const std::optional<std::string> found = TRY(store.get(name));
  if (!found) return missing(name);
  if (is_it(*found)) return {};
  return Error{ErrorKind::kFenced,
               fmt::format("cannot write {}: there is another one of that name, so another process "
                           "runs this job as the same generation; stop one of them",
                           name)};
}

Status put_new(SnapshotStore& store, const std::string& name, std::string_view bytes) {
  return put_new(
      store, name, [&] { return store.put_if_absent(name, bytes); },
      [&](const std::string& found) { return found == bytes; });
}

// Whether what was found is the object.
Status check_same(const StoredObject& object, const FileSum& found) {
  if (found.bytes == object.bytes && found.crc32c == object.crc32c) return {};
  return corrupt(
      fmt::format("cannot use {} of the snapshot store: it has {} bytes with checksum {:08x} where "
                  "{} with {:08x} were written; restore it from a copy of the store",
                  object.name, found.bytes, found.crc32c, object.bytes, object.crc32c));
}

FileSum sum_of(std::string_view bytes) { return {bytes.size(), crc32c(bytes)}; }

}  // namespace

JobHistory::JobHistory(SnapshotStore& store, std::string_view job) : store_(store), layout_(job) {}

Result<std::vector<JobObject>> JobHistory::objects() {
  std::vector<JobObject> objects;
  for (const std::string& name : TRY(store_.list(layout_.folder()))) {
    objects.push_back(TRY(layout_.read(name)));
  }
  return objects;
}

Result<Generation> JobHistory::newest_fence() {
  Generation newest;
  for (const std::string& name : TRY(store_.list(layout_.generations()))) {
    const JobObject object = TRY(layout_.read(name));
    if (object.kind == JobObjectKind::kFence) newest = std::max(newest, object.id.generation);
  }
  return newest;
}

Status JobHistory::check_newest(Generation generation) {
  const Generation newest = TRY(newest_fence());
  if (newest > generation) return fenced_by(generation, newest);
  if (newest == generation) return {};
  return Error{ErrorKind::kFenced,
               fmt::format("cannot go on as generation {} of the job: its fence "
                           "is gone, since the job has ended elsewhere",
                           generation.value())};
}

Error JobHistory::as_seen_by(Generation generation, Error error) {
  if (error.kind != ErrorKind::kCorrupt) return error;
  Status newest = check_newest(generation);
  const bool is_past = !newest.ok() && newest.error().kind == ErrorKind::kFenced;
  return is_past ? std::move(newest).error() : error;
}

Result<bool> JobHistory::is_fenced(Generation generation) {
  const Generation newest = TRY(newest_fence());
  return newest != generation;
}

Result<Generation> JobHistory::fence(Generation above) {
  // Also above generations whose fence somebody removed.
  for (const JobObject& object : TRY(objects())) above = std::max(above, object.id.generation);
  for (;;) {
    const Generation next{above.value() + 1};
    const PutIfAbsent put = TRY(store_.put_if_absent(layout_.fence(next), ""));
    // The number is free also where others took it and higher ones since, and collection removed
    // it: then a higher one is there now.
    const Generation newest = TRY(newest_fence());
    if (put == PutIfAbsent::kDone && newest == next) return next;
    above = std::max(newest, next);
  }
}

Result<RecoveryPoint> JobHistory::recovery_point(CheckpointId id) {
  RecoveryPoint point{.manifest = TRY(read_manifest(id))};
  const std::optional<uint64_t> committed = TRY(store_.size(layout_.committed(id)));
  point.committed = committed.has_value();
  return point;
}

Result<std::optional<RecoveryPoint>> JobHistory::look(Generation generation) {
  const std::vector<JobObject> objects = TRY(this->objects());
  for (const JobObject& object : objects) {
    if (object.kind == JobObjectKind::kFence && object.id.generation > generation) {
      return fenced_by(generation, object.id.generation);
    }
  }
  Result<std::optional<RecoveryPoint>> found = look_at(objects, generation);
  if (!found.ok()) return as_seen_by(generation, std::move(found).error());
  // Only now: what was forgotten while this one looked lost its fences first.
  TRY(check_newest(generation));
  return found;
}

Result<std::optional<RecoveryPoint>> JobHistory::look_at(const std::vector<JobObject>& objects,
                                                         Generation generation) {
  const std::map<Generation, Records> generations = records_of(objects, generation);
  for (auto at = generations.rbegin(); at != generations.rend(); ++at) {
    const Records& records = at->second;
    const CheckpointId last = records.newest_committed.value_or(CheckpointId{});
    if (!records.has_base) {
      if (!records.has_run()) continue;
      return missing(layout_.base(at->first));
    }
    if (records.newest_manifest) {
      // What is committed was complete before.
      if (last > *records.newest_manifest) return missing(layout_.manifest(last));
      return std::optional(TRY(recovery_point(*records.newest_manifest)));
    }
    if (records.newest_committed) return missing(layout_.manifest(last));

    const std::string name = layout_.base(at->first);
    const std::optional<std::string> bytes = TRY(store_.get(name));
    if (!bytes) return missing(name);
    const GenerationBase base = TRY(decode_base(*bytes, name));
    if (base.generation != at->first) {
      return corrupt(fmt::format("cannot use {}: it was written for generation {}", name,
                                 base.generation.value()));
    }
    if (!base.from) return std::optional<RecoveryPoint>();
    // A savepoint was being adopted, and the end of it is missing: the generation never ran.
    if (base.from->generation == at->first) continue;
    return std::optional(TRY(recovery_point(*base.from)));
  }
  return std::optional<RecoveryPoint>();
}

Status JobHistory::write_base(Generation generation, std::optional<CheckpointId> base) {
  if (base) CHECK(base->generation <= generation);
  TRY(put_new(store_, layout_.base(generation),
              encode_base({.generation = generation, .from = base})));
  return check_newest(generation);
}

Result<StoredObject> JobHistory::put_file(CheckpointId id, std::string_view chain,
                                          uint32_t instance, std::string_view file,
                                          std::string_view bytes) {
  StoredObject object{.name = layout_.file(id, chain, instance, file),
                      .bytes = bytes.size(),
                      .crc32c = crc32c(bytes)};
  TRY(put_new(store_, object.name, bytes));
  return object;
}

Result<StoredObject> JobHistory::put_local_file(CheckpointId id, std::string_view chain,
                                                uint32_t instance, std::string_view file,
                                                const std::string& path) {
  const FileSum sum = TRY(sum_of_local_file(path));
  StoredObject object{
      .name = layout_.file(id, chain, instance, file), .bytes = sum.bytes, .crc32c = sum.crc32c};
  TRY(put_new(
      store_, object.name, [&] { return store_.put_file_if_absent(object.name, path); },
      [&](const std::string& found) { return check_same(object, sum_of(found)).ok(); }));
  return object;
}

std::vector<StoredObject> objects_of(const Manifest& manifest) {
  std::vector<StoredObject> objects;
  for (const TaskSnapshot& task : manifest.tasks) {
    objects.insert(objects.end(), task.files.begin(), task.files.end());
    for (const WarmFile& file : task.warm) objects.push_back(file.contents);
  }
  for (const SlotOutput& slot : manifest.slots) {
    for (const SlotOutput::Sealed& sealed : slot.sealed) objects.push_back(sealed.contents);
  }
  return objects;
}

Status JobHistory::check_complete(const Manifest& manifest) {
  for (const StoredObject& object : objects_of(manifest)) {
    const JobObject written = TRY(layout_.read(object.name));
    CHECK(written.kind == JobObjectKind::kFile);
    CHECK(written.id <= manifest.id);
    const std::optional<uint64_t> bytes = TRY(store_.size(object.name));
    if (!bytes) return missing(object.name);
    if (*bytes != object.bytes) {
      return corrupt(
          fmt::format("cannot complete a checkpoint with {}: it has {} bytes where {} "
                      "were written",
                      object.name, *bytes, object.bytes));
    }
  }
  return {};
}

Status JobHistory::put_manifest(const Manifest& manifest) {
  if (manifest.parent) CHECK(*manifest.parent < manifest.id);
  Status completed = complete(manifest);
  if (completed.ok()) return {};
  return as_seen_by(manifest.id.generation, std::move(completed).error());
}

Status JobHistory::complete(const Manifest& manifest) {
  TRY(check_complete(manifest));
  TRY(put_new(store_, layout_.manifest(manifest.id), encode_manifest(manifest)));
  // A fence that is not there yet comes after the manifest, and so does what looks after it.
  return check_newest(manifest.id.generation);
}

Status JobHistory::put_committed(CheckpointId id) { return store_.put(layout_.committed(id), ""); }

Result<Manifest> JobHistory::read_manifest(CheckpointId id) {
  const std::string name = layout_.manifest(id);
  const std::optional<std::string> bytes = TRY(store_.get(name));
  if (!bytes) return missing(name);
  Manifest manifest = TRY(decode_manifest(*bytes, name));
  if (manifest.id == id) return manifest;
  return corrupt(fmt::format("cannot use {}: it was written for generation {} and epoch {}", name,
                             manifest.id.generation.value(), manifest.id.epoch.value()));
}

Result<std::string> read_verified(SnapshotStore& store, const StoredObject& object) {
  std::optional<std::string> bytes = TRY(store.get(object.name));
  if (!bytes) return missing(object.name);
  TRY(check_same(object, sum_of(*bytes)));
  return *std::move(bytes);
}

Result<std::string> JobHistory::read_object(const StoredObject& object) {
  return read_verified(store_, object);
}

Result<ObjectBytes> JobHistory::open_object(const StoredObject& object) {
  std::optional<ObjectBytes> bytes = TRY(store_.open(object.name));
  if (!bytes.has_value()) return missing(object.name);
  TRY(check_same(object, {bytes->view().size(), bytes->crc32c()}));
  return *std::move(bytes);
}

Status JobHistory::fetch_object(const StoredObject& object, const std::string& path) {
  const bool found = TRY(store_.get_file(object.name, path));
  if (!found) return missing(object.name);
  return check_same(object, TRY(sum_of_local_file(path)));
}

}  // namespace weir
