#include "operators/connectors/file/file_sink.h"

#include "engine/base/fail_point.h"
#include "operators/connectors/file/folder_lock.h"
#include "operators/connectors/file/part_file.h"
#include "operators/connectors/file/sealed_file.h"

#include <fmt/format.h>

#include <charconv>
#include <filesystem>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace weir {
namespace {

namespace fs = std::filesystem;

constexpr size_t kBufferBytes = 256 << 10;
constexpr std::string_view kSealed = ".sealed";

// Calls f(name) for each file directly in `folder`.
template <typename F>
Status each_name(const std::string& folder, F&& f) {
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    f(it->path().filename().string());
  }
  if (error) return unavailable(fmt::format("cannot list folder {}: {}", folder, error.message()));
  return {};
}

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

// The number that begins there, if one does.
std::optional<uint64_t> number_at(const std::string& text, size_t position) {
  uint64_t number = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data() + position, end, number);
  if (error != std::errc()) return std::nullopt;
  return number;
}

// The epoch of a part file, "part-<slot>-<epoch>...", by its name; absent where it is none.
std::optional<uint64_t> epoch_of(const std::string& name) {
  constexpr std::string_view kPart = "part-";
  if (!name.starts_with(kPart)) return std::nullopt;
  const size_t dash = name.find('-', kPart.size());
  if (dash == std::string::npos || !number_at(name, kPart.size())) return std::nullopt;
  return number_at(name, dash + 1);
}

class FileSink : public Sink {
 public:
  FileSink(FileSinkOptions options, std::string suffix, bool is_raw, const SinkLane& lane,
           std::string header, std::unique_ptr<Encoder> encoder)
      : folder_(std::move(options.path)),
        roll_bytes_(options.roll_bytes),
        roll_interval_(options.roll_interval),
        suffix_(std::move(suffix)),
        is_raw_(is_raw),
        prefix_(fmt::format("part-{}-", lane.slot)),
        generation_(lane.generation.value()),
        header_(std::move(header)),
        encoder_(std::move(encoder)) {}

  // Makes the folder, keeps others out of it, and removes what an earlier sink of the slot left
  // unfinished.
  Status make_folder(const SinkLane& lane) {
    std::error_code error;
    fs::create_directories(folder_, error);
    if (error) {
      return user_error(fmt::format("cannot make folder {}: {}", folder_, error.message()));
    }
    lock_ = TRY(FolderLock::take(folder_, fmt::format("{}\n{}\n", lane.lineage, lane.sink)));
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
    if (!lane.is_restored && !taken.empty()) {
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
      const uint64_t epoch = epoch_of(name).value_or(0);
      if (epoch <= newest_epoch) return;
      newest = name;
      newest_epoch = epoch;
    }));
    if (newest.empty()) return {};
    return corrupt(fmt::format(
        "refusing to rewind: folder {} holds {}, which is of epoch {}, after the checkpoint of "
        "epoch {} that this job goes on from; going on would write again what readers have seen. "
        "Continue from the newest checkpoint or savepoint; if output is to be written again, give "
        "the table another path, or take the later part files away",
        folder_, newest, newest_epoch, past.base.epoch.value()));
  }

  void tell_time(int64_t now) override { now_ = now; }

  Result<size_t> write(const RecordBatch& batch, size_t from) override {
    const Selection selection = batch.selection();
    if (part_.is_open() && is_old()) TRY(end_part());
    for (size_t i = from; i < selection.size(); ++i) {
      if (!part_.is_open()) TRY(open_part());
      const size_t start = buffer_.size();
      if (encoder_->skips(batch, selection[i])) continue;
      encoder_->encode(batch, selection[i], buffer_);
      if (is_raw_ && buffer_.find('\n', start) != std::string::npos) {
        buffer_.resize(start);
        return bad_data(
            fmt::format("row {} holds a line feed, which ends a record of a raw file; "
                        "write it as json or csv",
                        i));
      }
      buffer_.push_back('\n');
      ++rows_;
      if (buffer_.size() >= kBufferBytes) TRY(push_out());
      if (roll_bytes_ && part_.size() + buffer_.size() >= *roll_bytes_) TRY(end_part());
    }
    return selection.size() - from;
  }

  // Nobody sees the rows before they are delivered, so there is no hurry to hand them to the disk.
  Result<Flush> flush() override { return Flush::kDone; }

  Result<Segment> seal(CheckpointId id) override {
    if (!stale_removed_) TRY(remove_stale(id));
    stale_removed_ = true;
    if (part_.is_open()) TRY(end_part());
    std::vector<SealedFile> files;
    for (const PartFile& ended : ended_) {
      const std::string name = name_of(id.epoch, files.size());
      const std::string sealed = hidden(name, id.generation);
      if (::rename(ended.path().c_str(), sealed.c_str()) != 0) {
        return unavailable(fmt::format("cannot rename {} to {}", ended.path(), sealed));
      }
      FAIL_POINT("file.hidden");
      files.push_back({.name = name, .bytes = ended.size(), .checksum = ended.checksum()});
    }
    if (!ended_.empty()) TRY(sync_folder(folder_));
    ended_.clear();
    return Segment{.contents = encode_segment(files), .rows = std::exchange(rows_, 0)};
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
  std::string name_of(Epoch epoch, size_t index) const {
    std::string name = fmt::format("{}{:010}", prefix_, epoch.value());
    if (index != 0) name += fmt::format("-{}", index);
    return name + suffix_;
  }

  // Also where the clock was set back: nobody knows how old the part is then.
  bool is_old() const {
    return roll_interval_ && (now_ < part_began_ || now_ - part_began_ >= *roll_interval_);
  }

  Status open_part() {
    part_began_ = now_;
    part_ = TRY(PartFile::create(
        path_of(fmt::format(".{}open-{}-{}.tmp", prefix_, generation_, parts_made_++))));
    buffer_ = header_;
    return {};
  }

  Status push_out() {
    TRY(part_.write(buffer_));
    buffer_.clear();
    return {};
  }

  Status end_part() {
    TRY(push_out());
    TRY(part_.finish());
    ended_.push_back(std::exchange(part_, {}));
    return {};
  }

  // Files that an earlier life sealed for this epoch or a later one: their checkpoints did not
  // complete, since the epoch is being written again.
  Status remove_stale(CheckpointId id) {
    std::vector<std::string> stale;
    const std::string sealed_prefix = "." + prefix_;
    TRY(each_name(folder_, [&](const std::string& name) {
      if (!name.starts_with(sealed_prefix) || !name.ends_with(kSealed)) return;
      const size_t dot = name.rfind('.', name.size() - kSealed.size() - 1);
      const auto epoch = number_at(name, sealed_prefix.size());
      const auto generation = number_at(name, dot + 1);
      if (epoch.value_or(0) >= id.epoch.value() && generation.has_value() &&
          *generation < id.generation.value()) {
        stale.push_back(name);
      }
    }));
    return remove_files(folder_, stale);
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
  const std::optional<uint64_t> roll_bytes_;
  const std::optional<int64_t> roll_interval_;
  const std::string suffix_;  // ".json"
  const bool is_raw_;
  const std::string prefix_;  // "part-0-"
  const uint64_t generation_;
  const std::string header_;
  const std::unique_ptr<Encoder> encoder_;

  FolderLock lock_;  // Constant after make_folder().

  // Owned by the task thread.
  PartFile part_;
  int64_t now_ = 0;              // As it was told last.
  int64_t part_began_ = 0;       // When part_ was opened.
  std::string buffer_;           // Of part_, not yet written.
  std::vector<PartFile> ended_;  // The epoch's files before part_.
  uint64_t rows_ = 0;            // Of the epoch.
  uint64_t parts_made_ = 0;
  bool stale_removed_ = false;
};

}  // namespace

Result<std::unique_ptr<Sink>> make_file_sink(FileSinkOptions options, FormatOptions format,
                                             SchemaPtr schema, const SinkLane& lane) {
  std::unique_ptr<Encoder> encoder = TRY(make_encoder(format, *schema));
  std::string header = encoder->file_header(*schema);
  auto sink =
      std::make_unique<FileSink>(std::move(options), "." + format.format, format.format == "raw",
                                 lane, std::move(header), std::move(encoder));
  TRY(sink->make_folder(lane));
  return sink;
}

}  // namespace weir
