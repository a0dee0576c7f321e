#include "operators/connectors/file/file_source.h"

#include "operators/connectors/file/file_listing.h"
#include "operators/connectors/file/file_reader.h"
#include "operators/connectors/file/input_file.h"

#include <fmt/format.h>

#include <map>
#include <utility>

namespace weir {
namespace {

constexpr int64_t kRediscoverMicros = 1'000'000;

class FileSource : public Source {
 public:
  FileSource(FileSourceOptions options, FormatOptions format, RowShape shape)
      : options_(std::move(options)), format_(std::move(format)), shape_(std::move(shape)) {}

  Result<std::vector<Split>> discover() override {
    const std::vector<ListedFile> files = TRY(list_files(options_.path));
    if (files.empty() && !options_.keep_watching) {
      return user_error(fmt::format(
          "there are no files at {}; stop = 'never' waits for files that are still to come",
          options_.path));
    }
    std::vector<Split> splits;
    if (is_sequence()) {
      // Before there is a file there is nothing to open; the split comes with the first one.
      if (!files.empty()) splits.push_back({.name = options_.path, .source = options_.path});
      return splits;
    }
    if (options_.splits == FileSplits::kRange) return ranges_of(files);
    for (const ListedFile& file : files) {
      const int32_t next = static_cast<int32_t>(numbers_.size());
      const int32_t number = numbers_.emplace(file.name, next).first->second;
      splits.push_back({.name = file.name, .source = file.path, .number = number});
    }
    return splits;
  }

  Result<std::unique_ptr<SplitReader>> open(const Split& split, const SplitPosition* from,
                                            bool is_new) override {
    (void)is_new;  // Files are read from their beginning in any case.
    FileReaderParts parts{.format = format_, .shape = shape_, .split = split};
    parts.decoder = TRY(make_decoder(format_, shape_));
    parts.is_sequence = is_sequence();
    if (parts.is_sequence) {
      parts.files = TRY(list_files(options_.path));
      if (parts.files.empty()) {
        return corrupt(fmt::format("the files at {} are gone", options_.path));
      }
    } else {
      parts.files = {{.name = split.name, .path = split.source}};
    }
    if (const auto range = ranges_.find(split.name); range != ranges_.end()) {
      parts.range = range->second;
    }
    if (options_.keep_watching) {
      parts.list_again = [path = options_.path] { return list_files(path); };
    }
    auto reader = std::make_unique<FileReader>(std::move(parts));
    if (from != nullptr) TRY(reader->go_to(*from));
    return reader;
  }

  bool is_bounded() const override { return !options_.keep_watching; }

  std::optional<int64_t> rediscover_every() const override {
    if (!options_.keep_watching) return std::nullopt;
    return kRediscoverMicros;
  }

 private:
  // Compressed files have no places to begin at but the first.
  Result<std::vector<Split>> ranges_of(const std::vector<ListedFile>& files) {
    std::vector<Split> splits;
    for (const ListedFile& file : files) {
      const InputFile input = TRY(InputFile::open(file.path));
      const bool is_compressed = file.path.ends_with(".gz") || file.path.ends_with(".zst");
      const uint64_t size = is_compressed ? 0 : input.size().value_or(0);
      uint64_t begin = 0;
      do {
        const bool is_last = begin + options_.range_bytes >= size;
        const uint64_t end = is_last ? UINT64_MAX : begin + options_.range_bytes;
        const std::string name = begin == 0 ? file.name : fmt::format("{}@{}", file.name, begin);
        splits.push_back(
            {.name = name, .source = file.path, .number = static_cast<int32_t>(splits.size())});
        ranges_[name] = {.begin = begin, .end = end};
        begin = end;
      } while (begin < size);
    }
    return splits;
  }

  bool is_sequence() const { return options_.splits == FileSplits::kSequence; }

  // Constant after construction.
  const FileSourceOptions options_;
  const FormatOptions format_;
  const RowShape shape_;

  // Owned by the task thread.
  std::map<std::string, int32_t> numbers_;   // Of the splits found so far, by name.
  std::map<std::string, FileRange> ranges_;  // The same, of kRange.
};

}  // namespace

Result<std::unique_ptr<Source>> make_file_source(FileSourceOptions options, FormatOptions format,
                                                 RowShape shape) {
  TRY(make_decoder(format, shape));
  return std::make_unique<FileSource>(std::move(options), std::move(format), std::move(shape));
}

}  // namespace weir
