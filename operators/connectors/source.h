// What a connector implements to bring rows in.
//
// A Source finds splits (a Kafka partition, a file, a part of a generated stream) and opens readers
// for them; a SplitReader gives the rows of one split in the split's own order, from a position on.
// Both are owned by one task and called by its thread only, except where a call says that it may
// block: those calls run before the task starts or in the background, one at a time; open() may run
// while readers opened before are being read.
//
// Readers decode; they do not judge. Contracts (NOT NULL, CHECK), event time, the future bound and
// the error policy are applied by operators/ingest.h. A record that cannot be decoded is handed on
// as a BadRecord, never dropped.
#pragma once

#include "engine/base/ids.h"
#include "engine/base/status.h"
#include "engine/data/batch.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

// What a record says about itself beside its payload; available to generated columns.
enum class MetadataKind {
  kPartition,  // int: record_partition(), the number of the split within its source
  kOffset,     // bigint: record_offset(), what BadRecord::position says
  kTime,    // timestamptz: record_time(), the broker's time stamp; NULL where the source has none
  kKey,     // bytea: record_key()
  kHeader,  // bytea: record_header('name')
  kSource,  // text: record_source(), the topic or the file
};

struct MetadataColumn {
  MetadataKind kind;
  std::string header;  // The header's name; empty for the other kinds.

  bool operator==(const MetadataColumn&) const = default;
};

// The rows a reader makes: the declared columns that are read from the record, then the metadata
// columns.
struct RowShape {
  SchemaPtr schema;
  NeededColumns needed;  // One a field of `schema`; only these are parsed and filled.
  std::vector<MetadataColumn> metadata;  // Of the last metadata.size() fields of `schema`.
  bool with_position = false;            // Fill RecordBatch::split and ::position.

  size_t payload_fields() const { return schema->fields.size() - metadata.size(); }
};

struct BadRecord {
  std::string raw;       // The record's bytes, cut to max_record_bytes.
  int64_t position = 0;  // Where it stands in its split: offset, byte offset or row number.
  std::string stage;     // "decode"
  std::string reason;    // What is wrong, with the value: "column amount: invalid numeric \"12,3\""
  std::string label;     // Few distinct values, for counting: "bad numeric", "not JSON", ...
};

// One call's worth of rows of one split.
struct DecodedRows {
  RecordBatch batch;  // schema == RowShape::schema; no selection.
  std::vector<BadRecord> bad;
  size_t records =
      0;  // Read in this call: batch.rows + bad.size() + skipped (such as blank lines).
  size_t skipped = 0;
  uint64_t bytes = 0;  // Of payload, as stored.
};

enum class ReadState {
  kRows,     // There may be more at once.
  kWaiting,  // Nothing now: call again after the wake-up, or at wake_at.
  kEnd,      // Bounded, and everything was read.
};

struct ReadOutcome {
  ReadState state = ReadState::kRows;
  // With kWaiting: when to call again even without a wake-up, by the clock of read(); absent: only
  // on wake-up.
  std::optional<int64_t> wake_at;
};

// Durable: goes into checkpoints, and is opaque to everybody but its connector.
using SplitPosition = std::string;

class SplitReader {
 public:
  virtual ~SplitReader() = default;

  // Adds up to `rows_max` records to `rows` (which is empty) without blocking on the network;
  // reading a local file may block on the disk. `now`: microseconds of a clock that only goes on,
  // for pacing. Errors: kUnavailable and kCorrupt end the job's attempt; bad records are not
  // errors.
  virtual Result<ReadOutcome> read(size_t rows_max, int64_t now, DecodedRows& rows) = 0;

  // Where the next record stands: reopening from here gives exactly the records not yet read.
  virtual SplitPosition position() const = 0;

  // How many records or bytes are known to be left, for progress lines only. Absent where unknown.
  virtual std::optional<uint64_t> backlog() const { return std::nullopt; }
};

struct Split {
  std::string name;    // Unique within the source and stable over restarts: "3", "day=1/a.json".
  std::string source;  // Topic or file, for metadata and messages.
  int32_t number = 0;  // record_partition()
  SplitId id;  // Of the job: given by the runtime between discover() and open(); RecordBatch::split
               // holds it.
};

class Source {
 public:
  virtual ~Source() = default;

  // Every split there is now, in a stable order. May block: bounded by the connector's own
  // time-outs, retried with back-off inside, and ends in a kUnavailable error that names what was
  // tried, or kUser for what does not exist.
  virtual Result<std::vector<Split>> discover() = 0;

  // A reader of `split`, from `from` on or, if null, from the start that the options name. May
  // block as discover(). A split that was not there at the first discovery is read from its
  // beginning, whatever the options say: then `is_new` is true. REQUIRES: `split` was discovered by
  // a Source of the same options.
  virtual Result<std::unique_ptr<SplitReader>> open(const Split& split, const SplitPosition* from,
                                                    bool is_new) = 0;

  // Whether every split comes to an end.
  virtual bool is_bounded() const = 0;

  // How often discover() is to be called again while running, in microseconds; absent: never.
  virtual std::optional<int64_t> rediscover_every() const { return std::nullopt; }

  // `wake` may be called by any thread, at any time until the Source is destroyed, when a waiting
  // reader may have rows.
  virtual void on_wakeup(std::function<void()> wake) { (void)wake; }
};

}  // namespace weir
