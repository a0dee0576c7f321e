#include "operators/connectors/file/file_source.h"

#include "engine/data/text_form.h"
#include "operators/connectors/file/file_listing.h"
#include "operators/connectors/file/file_reader.h"

#include <fmt/format.h>

#include <filesystem>
#include <map>
#include <string_view>
#include <system_error>
#include <utility>

namespace weir {
namespace {

constexpr int64_t kRediscoverMicros = 1'000'000;

// Bytes of a file that can be read from any place in it; absent for a compressed one and for a
// pipe, and for one that is gone, which its reader tells.
std::optional<uint64_t> divisible_bytes(const std::string& path) {
  if (path.ends_with(".gz") || path.ends_with(".zst")) return std::nullopt;
  std::error_code error;
  const std::uintmax_t bytes = std::filesystem::file_size(path, error);
  if (error) return std::nullopt;
  return bytes;
}

// Where the range of this name begins; absent: the name does not say.
std::optional<uint64_t> begin_of(std::string_view name) {
  const size_t at = name.rfind('@');
  if (at == std::string_view::npos) return std::nullopt;
  const Result<int64_t> begin = parse_bigint(name.substr(at + 1));
  if (!begin.ok() || *begin < 0) return std::nullopt;
  return static_cast<uint64_t>(*begin);
}

// The first range has the name of its file, unless that reads as the name of another range.
std::string range_name(const std::string& file, uint64_t begin) {
  if (begin == 0 && !begin_of(file)) return file;
  return fmt::format("{}@{}", file, begin);
}

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
    if (options_.splits == FileSplits::kRange) parts.range = range_of(split);
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
  std::vector<Split> ranges_of(const std::vector<ListedFile>& files) const {
    std::vector<Split> splits;
    for (const ListedFile& file : files) {
      const uint64_t bytes = divisible_bytes(file.path).value_or(0);
      uint64_t begin = 0;
      do {
        splits.push_back({.name = range_name(file.name, begin),
                          .source = file.path,
                          .number = static_cast<int32_t>(splits.size())});
        begin += options_.range_bytes;
      } while (begin < bytes);
    }
    return splits;
  }

  // By the split's name alone: another Source may have discovered it, when the file was shorter.
  FileRange range_of(const Split& split) const {
    if (!divisible_bytes(split.source)) return {};
    const uint64_t begin = begin_of(split.name).value_or(0);
    return {.begin = begin, .end = begin + options_.range_bytes};
  }

  bool is_sequence() const { return options_.splits == FileSplits::kSequence; }

  // Constant after construction.
  const FileSourceOptions options_;
  const FormatOptions format_;
  const RowShape shape_;

  // Owned by the task thread.
  std::map<std::string, int32_t> numbers_;  // Of the splits found so far, by name.
};

}  // namespace

Result<std::unique_ptr<Source>> make_file_source(FileSourceOptions options, FormatOptions format,
                                                 RowShape shape) {
  TRY(make_decoder(format, shape));
  return std::make_unique<FileSource>(std::move(options), std::move(format), std::move(shape));
}

}  // namespace weir
