// From the bytes of one record to one row, column by column; and back (encoder.h).
//
// A Decoder belongs to one split reader and one thread. It writes straight into column writers that
// share one arena.
#pragma once

#include "engine/data/column.h"
#include "operators/connectors/source.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

// How many units of an integer timestamp make a second; kNone: integers are bad records.
enum class TimestampUnit { kNone, kSeconds, kMillis, kMicros };

// How a record says what became of its row: not at all; by its key, where a deletion is a record of
// the key alone and what is updated is not said again; or by a mark at every record.
enum class ChangeForm { kPlain, kUpsert, kOp };

struct FormatOptions {
  std::string format = "json";  // json, csv, raw
  TimestampUnit timestamp_unit = TimestampUnit::kNone;
  bool csv_header = true;
  size_t max_record_bytes = 1 << 20;
  ChangeForm changes = ChangeForm::kPlain;  // Of encoders.
  std::vector<size_t> key = {};             // Of kUpsert: columns.
};

// The record as its source has it. The views live until decode() returns.
struct RawRecord {
  std::string_view payload;
  int64_t position = 0;
  std::optional<int64_t> time;  // Microseconds
  std::optional<std::string_view> key;
  // The value of a header; called only for headers that the shape names.
  std::function<std::optional<std::string_view>(std::string_view)> header;
};

// Collects the rows of one read() call: a writer for each needed column, metadata included. `shape`
// must outlive it.
class RowsWriter {
 public:
  RowsWriter(const RowShape& shape, const Split& split, SplitId id, size_t rows_max);

  size_t rows() const { return rows_; }
  // Null where the column is not needed. Text payloads of all columns go into one arena.
  ColumnWriter* column(size_t field) { return columns_[field].get(); }

  // After every needed payload column got its value: fills metadata and position, and counts the
  // row.
  void end_row(const RawRecord& record);
  // Takes back what a bad record has written so far.
  void drop_row();

  RecordBatch finish() &&;

 private:
  void append_metadata(size_t field, const RawRecord& record);

  const RowShape& shape_;
  SplitId id_;
  int32_t number_ = 0;
  size_t rows_ = 0;
  std::shared_ptr<Arena> arena_;
  TextView source_;  // In the arena once, for all rows.
  std::vector<std::unique_ptr<ColumnWriter>> columns_;
  std::unique_ptr<ColumnWriter> split_column_;
  std::unique_ptr<ColumnWriter> position_column_;
};

class Decoder {
 public:
  virtual ~Decoder() = default;

  // Reads what comes before the first record of a file (a CSV header line) from its first record.
  // True: it was used up. Kafka records have no header: a CSV decoder then goes by position. kUser
  // error where a needed column is missing.
  virtual Result<bool> begin_file(std::string_view first_line) {
    (void)first_line;
    return false;
  }

  // Whether a line of a file is no record at all but white space between records. Of raw text every
  // line is a record.
  virtual bool is_blank(std::string_view line) const {
    (void)line;
    return false;
  }

  // Appends the row to `rows`, or a BadRecord to `bad`: exactly one of them. REQUIRES: `payload` is
  // followed by at least kPadding readable bytes.
  virtual void decode(const RawRecord& record, RowsWriter& rows, std::vector<BadRecord>& bad) = 0;

  static constexpr size_t kPadding = 64;
};

// kUser error for options that do not go together with the schema (raw needs exactly one text or
// bytea column).
Result<std::unique_ptr<Decoder>> make_decoder(const FormatOptions& options, const RowShape& shape);

}  // namespace weir
