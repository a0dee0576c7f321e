#include "operators/connectors/file/file_reader.h"

#include "engine/data/text_form.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace weir {
namespace {

constexpr int64_t kPollMicros = 250'000;  // How often a file that may grow is looked at.

std::string_view without_byte_order_mark(std::string_view payload) {
  constexpr std::string_view kMark = "\xef\xbb\xbf";
  if (payload.starts_with(kMark)) payload.remove_prefix(kMark.size());
  return payload;
}

}  // namespace

FileReader::FileReader(FileReaderParts parts) : parts_(std::move(parts)), current_(parts_.split) {
  CHECK(!parts_.files.empty());
}

Status FileReader::go_to(const SplitPosition& position) {
  CHECK(records_ == nullptr);
  const auto broken = [&](std::string_view why) {
    return corrupt(
        fmt::format("cannot go on in {} at position '{}': {}", parts_.split.name, position, why));
  };
  std::string_view rest = position;
  const auto take_number = [&rest]() -> std::optional<uint64_t> {
    const size_t size = std::min(rest.find(' '), rest.size());
    const Result<int64_t> number = parse_bigint(rest.substr(0, size));
    if (!number.ok() || *number < 0) return std::nullopt;
    rest.remove_prefix(std::min(size + 1, rest.size()));
    return static_cast<uint64_t>(*number);
  };
  const std::optional<uint64_t> offset = take_number();
  if (!offset) return broken("it is not one of a file");
  offset_ = *offset;
  if (!parts_.is_sequence) return rest.empty() ? Status() : broken("it is one of a sequence");
  const std::optional<uint64_t> base = take_number();
  if (!base) return broken("it is not one of a sequence");
  base_ = *base;
  const auto found = std::find_if(parts_.files.begin(), parts_.files.end(),
                                  [&](const ListedFile& file) { return file.name == rest; });
  if (found == parts_.files.end()) return broken(fmt::format("the file {} is gone", rest));
  file_ = static_cast<size_t>(found - parts_.files.begin());
  return {};
}

SplitPosition FileReader::position() const {
  if (!parts_.is_sequence) return fmt::format("{}", offset());
  return fmt::format("{} {} {}", offset(), base_, parts_.files[file_].name);
}

std::optional<uint64_t> FileReader::backlog() const {
  if (ended_) return 0;
  if (records_ == nullptr || parts_.is_sequence) return std::nullopt;
  const std::optional<uint64_t> size = records_->stream().size();
  if (!size) return std::nullopt;
  const uint64_t end = std::min(*size, parts_.range.end);
  return end - std::min(end, records_->offset());
}

Status FileReader::open_file() {
  const ListedFile& file = parts_.files[file_];
  std::unique_ptr<ByteStream> stream = TRY(open_byte_stream(file.path));
  auto records = std::make_unique<RecordReader>(std::move(stream), parts_.format.format == "csv",
                                                parts_.format.max_record_bytes);
  header_seen_ = false;
  current_.source = file.path;
  if (offset_ == 0 && parts_.range.begin != 0) {
    // What begins before the range belongs to the one before it, with all of its bytes.
    TRY(records->skip_to(parts_.range.begin - 1));
    TRY(records->next());
    header_seen_ = true;
  } else if (offset_ != 0) {
    // The header line of a file is needed wherever in it the reading goes on.
    if (parts_.format.format == "csv") {
      const std::optional<FileRecord> first = TRY(records->next());
      if (first) TRY(parts_.decoder->begin_file(without_byte_order_mark(first->payload)));
    }
    TRY(records->skip_to(std::max(offset_, records->offset())));
    header_seen_ = true;
  }
  records_ = std::move(records);
  return {};
}

Result<ReadOutcome> FileReader::read(size_t rows_max, int64_t now, DecodedRows& rows) {
  if (!ended_ && records_ == nullptr) TRY(open_file());
  RowsWriter writer(parts_.shape, current_, current_.id, rows_max);
  ReadOutcome outcome{.state = ended_ ? ReadState::kEnd : ReadState::kRows};
  while (!ended_ && rows.records < rows_max) {
    if (records_->offset() >= parts_.range.end) {
      end_range();
      outcome.state = rows.records == 0 ? ReadState::kEnd : ReadState::kRows;
      break;
    }
    std::optional<FileRecord> record = TRY(records_->next());
    if (!record) {
      outcome = TRY(end_of_file(now, writer, rows));
      break;
    }
    TRY(take(*record, writer, rows));
  }
  rows.batch = std::move(writer).finish();
  return outcome;
}

void FileReader::end_range() {
  offset_ = records_->offset();
  records_ = nullptr;
  ended_ = true;
}

Result<bool> FileReader::take(FileRecord record, RowsWriter& writer, DecodedRows& rows) {
  if (record.offset == 0 && parts_.format.format != "raw") {
    record.payload = without_byte_order_mark(record.payload);
  }
  if (!header_seen_) [[unlikely]] {
    header_seen_ = true;
    Result<bool> is_header = parts_.decoder->begin_file(record.payload);
    if (!is_header.ok()) {
      return Error{is_header.error().kind,
                   fmt::format("file {}: {}", current_.source, is_header.error().message)};
    }
    if (*is_header) return true;
  }
  ++rows.records;
  rows.bytes += record.payload.size();
  if (parts_.decoder->is_blank(record.payload)) {
    ++rows.skipped;
    return false;
  }
  RawRecord raw;
  raw.payload = record.payload;
  raw.position = static_cast<int64_t>(base_ + record.offset);
  parts_.decoder->decode(raw, writer, rows.bad);
  return false;
}

// What comes behind the end of the file being read.
Result<FileReader::FileEnd> FileReader::look_at_end() {
  const bool has_next = file_ + 1 < parts_.files.size();
  if (has_next) return FileEnd::kNext;
  if (parts_.list_again == nullptr) return FileEnd::kLast;
  if (!parts_.is_sequence) return FileEnd::kGrows;
  const std::vector<ListedFile> files = TRY(parts_.list_again());
  for (const ListedFile& file : files) {
    if (file.name > parts_.files[file_].name) parts_.files.push_back(file);
  }
  // Now that there is another one, this one is complete; but it may have grown since its end was
  // seen.
  return FileEnd::kGrows;
}

Result<ReadOutcome> FileReader::end_of_file(int64_t now, RowsWriter& writer, DecodedRows& rows) {
  const FileEnd end = TRY(look_at_end());
  if (end == FileEnd::kGrows) {
    if (rows.records != 0 || file_ + 1 < parts_.files.size()) return ReadOutcome{};
    if (records_->stream().file().is_replaced()) {
      return corrupt(fmt::format(
          "file {} was replaced by another one while it was read: a log that is rotated needs new "
          "names for new files, and split = 'sequence'",
          current_.source));
    }
    records_->release_buffer();
    return ReadOutcome{.state = ReadState::kWaiting, .wake_at = now + kPollMicros};
  }
  std::optional<FileRecord> last = TRY(records_->last());
  if (last && last->offset < parts_.range.begin) last.reset();
  if (last) TRY(take(*last, writer, rows));
  offset_ = records_->offset();
  records_ = nullptr;
  if (end == FileEnd::kLast) {
    ended_ = true;
    return ReadOutcome{.state = rows.records == 0 ? ReadState::kEnd : ReadState::kRows};
  }
  base_ += offset_;
  offset_ = 0;
  ++file_;
  return ReadOutcome{};
}

}  // namespace weir
