#include "operators/connectors/file/file_sink.h"

#include "engine/base/fail_point.h"
#include "operators/connectors/file/part_folder.h"
#include "operators/connectors/file/part_writer.h"
#include "operators/connectors/file/sealed_file.h"

#include <fmt/format.h>

#include <filesystem>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace weir {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kHidden = ".part-";
constexpr std::string_view kOpen = "-open-";
constexpr std::string_view kSealed = ".sealed";

Status remove_files(const std::string& folder, const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    std::error_code error;
    fs::remove(fs::path(folder) / name, error);
    if (error) {
      return unavailable(
          fmt::format("cannot remove file {}/{}: {}", folder, name, error.message()));
    }
  }
  return {};
}

class FileSink : public Sink {
 public:
  FileSink(std::string folder, std::string suffix, const SinkLane& lane, FolderLock lock,
           PartWriter writer)
      : folder_(std::move(folder)),
        suffix_(std::move(suffix)),
        slot_(lane.slot),
        prefix_(part_prefix(lane.slot)),
        generation_(lane.generation.value()),
        lock_(std::move(lock)),
        writer_(std::move(writer)) {}

  // Removes what an earlier sink of the slot left unfinished.
  Status clean(bool is_restored) {
    std::vector<std::string> unfinished;
    std::string taken;
    const std::string open_prefix = "." + prefix_ + "open-";
    TRY(each_name(folder_, [&](const std::string& name) {
      if (name.starts_with(open_prefix) &&
          number_at(name, open_prefix.size()).value_or(UINT64_MAX) <= generation_) {
        unfinished.push_back(name);
      }
      if (name.starts_with("part-")) taken = name;
    }));
    if (!is_restored && !taken.empty()) {
      return user_error(fmt::format(
          "folder {} holds {} and perhaps more of an earlier run: empty it, or give the table "
          "another path",
          folder_, taken));
    }
    return remove_files(folder_, unfinished);
  }

  // Whichever slot wrote it: the job may have had another parallelism.
  Status prepare(const SlotPast& past) override {
    std::string newest;
    uint64_t newest_epoch = past.base.epoch.value();
    TRY(each_name(folder_, [&](const std::string& name) {
      const uint64_t epoch = epoch_of_part(name).value_or(0);
      if (epoch <= newest_epoch) return;
      newest = name;
      newest_epoch = epoch;
    }));
    if (newest.empty()) return slot_ == 0 ? remove_closed(past.slots) : Status();
    return corrupt(fmt::format(
        "refusing to rewind: folder {} holds {}, which is of epoch {}, after the checkpoint of "
        "epoch {} that this job goes on from; going on would write again what readers have seen. "
        "Continue from the newest checkpoint or savepoint; if output is to be written again, give "
        "the table another path, or take the later part files away",
        folder_, newest, newest_epoch, past.base.epoch.value()));
  }

  void tell_time(int64_t now) override { writer_.tell_time(now); }

  Result<size_t> write(const RecordBatch& batch, size_t from) override {
    return writer_.write(batch, from, [this] { return open_next(); });
  }

  // Nobody sees the rows before they are delivered, so there is no hurry to hand them to the disk.
  Result<Flush> flush() override { return Flush::kDone; }

  Result<Segment> seal(CheckpointId id) override {
    if (!stale_removed_) TRY(remove_stale(id));
    stale_removed_ = true;
    TRY(writer_.end());
    std::vector<SealedFile> files;
    for (const PartFile& ended : writer_.take_ended()) {
      const std::string name = part_name(prefix_, id.epoch, files.size(), suffix_);
      const std::string sealed = hidden(name, id.generation);
      if (::rename(ended.path().c_str(), sealed.c_str()) != 0) {
        return unavailable(fmt::format("cannot rename {} to {}", ended.path(), sealed));
      }
      FAIL_POINT("file.hidden");
      files.push_back({.name = name, .bytes = ended.size(), .checksum = ended.checksum()});
    }
    if (!files.empty()) TRY(sync_folder(folder_));
    return Segment{.contents = encode_segment(files), .rows = writer_.take_rows()};
  }

  Status deliver(CheckpointId id, const Segment& segment) override {
    const std::vector<SealedFile> files = TRY(decode_segment(segment.contents));
    if (files.empty()) return {};
    for (const SealedFile& file : files) TRY(show(file, id.generation));
    return sync_folder(folder_);
  }

 private:
  std::string path_of(const std::string& name) const { return folder_ + "/" + name; }
  std::string hidden(const std::string& name, Generation generation) const {
    return path_of(fmt::format(".{}.{}{}", name, generation.value(), kSealed));
  }

  Result<PartFile> open_next() {
    return PartFile::create(
        path_of(fmt::format(".{}open-{}-{}.tmp", prefix_, generation_, parts_made_++)));
  }

  // Files that an earlier life sealed for this epoch or a later one: their checkpoints did not
  // complete, since the epoch is being written again.
  Status remove_stale(CheckpointId id) {
    std::vector<std::string> stale;
    const std::string sealed_prefix = "." + prefix_;
    TRY(each_name(folder_, [&](const std::string& name) {
      if (!name.starts_with(sealed_prefix) || !name.ends_with(kSealed)) return;
      const auto epoch = number_at(name, sealed_prefix.size());
      if (epoch.value_or(0) >= id.epoch.value() && is_of_earlier_life(name)) stale.push_back(name);
    }));
    return remove_files(folder_, stale);
  }

  // Files that slots have not finished which this life does not have: what was delivered has a name
  // of its own by now.
  Status remove_closed(uint32_t slots) {
    std::vector<std::string> closed;
    TRY(each_name(folder_, [&](const std::string& name) {
      if (!name.starts_with(kHidden) || !is_of_earlier_life(name)) return;
      if (number_at(name, kHidden.size()).value_or(0) >= slots) closed.push_back(name);
    }));
    return remove_files(folder_, closed);
  }

  // Of a hidden file.
  bool is_of_earlier_life(const std::string& name) const {
    const size_t open = name.find(kOpen);
    const size_t at = open != std::string::npos
                          ? open + kOpen.size()
                          : name.rfind('.', name.size() - kSealed.size() - 1) + 1;
    return number_at(name, at).value_or(UINT64_MAX) < generation_;
  }

  // Gives a sealed file its own name, unless that was done before, or is done by another delivery
  // at this moment. What this life has sealed is not read again.
  Status show(const SealedFile& file, Generation generation) {
    const std::string sealed = hidden(file.name, generation);
    const std::string shown = path_of(file.name);
    const bool is_ours = generation.value() == generation_;
    std::error_code error;
    if (fs::exists(sealed, error)) {
      if (!is_ours) TRY(check_unchanged(sealed, file));
      FAIL_POINT("file.show_due");
      Status renamed = rename_new(sealed, shown);
      FAIL_POINT("file.shown");
      if (renamed.ok() || fs::exists(sealed, error)) return renamed;
    }
    if (!fs::exists(shown, error)) {
      return corrupt(fmt::format(
          "cannot deliver {}: the sealed file {} is gone; put it back, or start the job anew into "
          "an empty folder",
          shown, sealed));
    }
    return is_ours ? Status() : check_unchanged(shown, file);
  }

  // Constant after construction.
  const std::string folder_;
  const std::string suffix_;  // ".json"
  const uint32_t slot_;
  const std::string prefix_;  // "part-0-"
  const uint64_t generation_;
  const FolderLock lock_;

  // Owned by the task thread.
  PartWriter writer_;
  uint64_t parts_made_ = 0;
  bool stale_removed_ = false;
};

}  // namespace

Result<std::unique_ptr<Sink>> make_file_sink(const FileSinkOptions& options,
                                             const FormatOptions& format, const Schema& schema,
                                             const SinkLane& lane) {
  PartWriter writer = TRY(PartWriter::make(options, format, schema));
  FolderLock lock = TRY(open_part_folder(options.path, lane));
  auto sink = std::make_unique<FileSink>(options.path, "." + format.format, lane, std::move(lock),
                                         std::move(writer));
  TRY(sink->clean(lane.is_restored));
  return sink;
}

}  // namespace weir
