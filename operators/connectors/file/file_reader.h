// Reads the rows of one split of a file table: of one file, or of several one behind the other.
//
// Belongs to one task and its thread. Files are opened at the first read, so that a source of many
// files holds no more of them open than are being read; a reader that has ended holds none.
//
//   position = offset                    one file: where the next record begins, decompressed
//            | offset ' ' base ' ' name  a sequence: the same, the bytes of all files before it,
//                                        and the file's name
//
// BadRecord::position is base + the offset of the record's first byte.
#pragma once

#include "operators/connectors/file/file_listing.h"
#include "operators/connectors/file/record_reader.h"
#include "operators/connectors/formats/decoder.h"
#include "operators/connectors/source.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace weir {

// The records of a file that begin in [begin, end).
struct FileRange {
  uint64_t begin = 0;
  uint64_t end = UINT64_MAX;
};

struct FileReaderParts {
  FormatOptions format;
  RowShape shape;
  Split split;
  std::unique_ptr<Decoder> decoder;
  std::vector<ListedFile> files;  // Not empty. In this order.
  bool is_sequence = false;
  FileRange range;  // Of one file.
  // For stop = 'never': the files of a sequence as they are now; for one file, itself. Null: what
  // is there is all.
  std::function<Result<std::vector<ListedFile>>()> list_again;
};

class FileReader : public SplitReader {
 public:
  explicit FileReader(FileReaderParts parts);

  // REQUIRES: nothing was read. kCorrupt for a position that is none, or names a file that is not
  // in the list.
  Status go_to(const SplitPosition& position);

  Result<ReadOutcome> read(size_t rows_max, int64_t now, DecodedRows& rows) override;
  SplitPosition position() const override;
  std::optional<uint64_t> backlog() const override;

 private:
  enum class FileEnd { kNext, kLast, kGrows };

  Status open_file();
  void end_range();
  // Whether the record was the file's header line; otherwise decodes it into `writer`, or passes
  // over it if blank.
  Result<bool> take(FileRecord record, RowsWriter& writer, DecodedRows& rows);
  Result<FileEnd> look_at_end();
  Result<ReadOutcome> end_of_file(int64_t now, RowsWriter& writer, DecodedRows& rows);
  uint64_t offset() const { return records_ == nullptr ? offset_ : records_->offset(); }

  FileReaderParts parts_;
  size_t file_ = 0;      // Index of the file being read.
  uint64_t offset_ = 0;  // Where to begin in it, or where it ended, while it is not open.
  uint64_t base_ = 0;    // Bytes of the files before it.
  bool ended_ = false;
  bool header_seen_ = false;  // Of the file being read.
  Split current_;             // As parts_.split, with the file being read as its source.
  std::unique_ptr<RecordReader> records_;  // Null: the file is not open.
};

}  // namespace weir
