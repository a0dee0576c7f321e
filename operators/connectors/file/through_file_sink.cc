#include "operators/connectors/file/through_file_sink.h"

#include "engine/base/check.h"
#include "operators/connectors/file/part_folder.h"
#include "operators/connectors/file/part_writer.h"

#include <filesystem>
#include <string>
#include <utility>

namespace weir {
namespace {

class ThroughFileSink : public Sink {
 public:
  ThroughFileSink(std::string folder, uint32_t slot, std::string suffix, FolderLock lock,
                  PartWriter writer)
      : folder_(std::move(folder)),
        prefix_(part_prefix(slot)),
        suffix_(std::move(suffix)),
        lock_(std::move(lock)),
        writer_(std::move(writer)) {}

  Status prepare(const SlotPast& past) override {
    epoch_ = Epoch(past.base.epoch.value() + 1);
    return {};
  }

  void tell_time(int64_t now) override { writer_.tell_time(now); }

  Result<size_t> write(const RecordBatch& batch, size_t from) override {
    return writer_.write(batch, from, [this] { return open_next(); });
  }

  Result<Flush> flush() override {
    TRY(writer_.push_out());
    return Flush::kDone;
  }

  Result<Segment> seal(CheckpointId id) override {
    TRY(writer_.end());
    if (!writer_.take_ended().empty()) TRY(sync_folder(folder_));
    epoch_ = Epoch(id.epoch.value() + 1);
    index_ = 0;
    return Segment{.contents = {}, .rows = writer_.take_rows()};
  }

  // The rows were visible before they were sealed.
  Status deliver(CheckpointId, const Segment& segment) override {
    CHECK(segment.contents.empty());
    return {};
  }

 private:
  Result<PartFile> open_next() {
    while (true) {
      std::string path = folder_ + "/" + part_name(prefix_, epoch_, index_++, suffix_);
      if (!std::filesystem::exists(path)) return PartFile::create(std::move(path));
    }
  }

  // Constant after construction.
  const std::string folder_;
  const std::string prefix_;
  const std::string suffix_;
  const FolderLock lock_;

  // Owned by the task thread.
  PartWriter writer_;
  Epoch epoch_{1};    // Of the next file,
  size_t index_ = 0;  // and its number within the epoch, unless that is taken.
};

}  // namespace

Result<std::unique_ptr<Sink>> make_through_file_sink(const FileSinkOptions& options,
                                                     const FormatOptions& format,
                                                     const Schema& schema, const SinkLane& lane) {
  PartWriter writer = TRY(PartWriter::make(options, format, schema));
  FolderLock lock = TRY(open_part_folder(options.path, lane));
  return std::unique_ptr<Sink>(std::make_unique<ThroughFileSink>(
      options.path, lane.slot, "." + format.format, std::move(lock), std::move(writer)));
}

}  // namespace weir
