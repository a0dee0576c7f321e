// Rows as lines of part files, one file after another: what is written to a file, and where the
// options and its owner end it. Which file comes next is the owner's affair.
//
// Owned and used by one sink, in the thread of its task; blocks on the disk.
#pragma once

#include "engine/data/batch.h"
#include "operators/connectors/file/file_options.h"
#include "operators/connectors/file/part_file.h"
#include "operators/connectors/formats/encoder.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace weir {

class PartWriter {
 public:
  // Makes the next file.
  using Open = std::function<Result<PartFile>()>;

  // kUser where the format does not fit the schema.
  static Result<PartWriter> make(const FileSinkOptions& options, const FormatOptions& format,
                                 const Schema& schema);

  // As Sink says.
  void tell_time(int64_t now) { now_ = now; }
  Result<size_t> write(const RecordBatch& batch, size_t from, const Open& open);

  // Gives the rows that wait here to the file.
  Status push_out();
  // Ends the file, if one was begun, and makes it durable.
  Status end();

  // What was ended, and how many rows were written, since these were called last.
  std::vector<PartFile> take_ended();
  uint64_t take_rows();

 private:
  PartWriter() = default;

  bool is_old() const;
  Status begin(const Open& open);

  // Constant after make().
  std::optional<uint64_t> roll_bytes_;
  std::optional<int64_t> roll_interval_;
  bool is_raw_ = false;
  std::string header_;
  std::unique_ptr<Encoder> encoder_;

  PartFile part_;
  int64_t now_ = 0;         // As it was told last.
  int64_t part_began_ = 0;  // When part_ was opened.
  std::string buffer_;      // Of part_, not yet written.
  std::vector<PartFile> ended_;
  uint64_t rows_ = 0;
};

}  // namespace weir
