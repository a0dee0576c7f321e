// From rows to the bytes of records, as the decoders of the same format read them back:
//
//   json  engine/data/json_form.h
//   csv   RFC 4180; values as PostgreSQL's casts to text write them; NULL is nothing, empty
//         text is ""
//   raw   the bytes of the one column; NULL is no bytes
//
// Rows that change (RecordBatch::change) are written as FormatOptions::changes says:
//
//   kUpsert  what an update replaces is left out; a deletion is {"_deleted":true, key...}, and has
//            no form in csv and raw: they are for rows of which none is deleted, and for sinks
//            that write deletions in a way of their own
//   kOp      {"_op":"+I", ...}, in CSV a column before all others: +I -U +U -D
//
// An Encoder holds nothing but its schema; any thread may use it, one at a time.
#pragma once

#include "engine/data/batch.h"
#include "operators/connectors/formats/decoder.h"

#include <memory>
#include <string>

namespace weir {

class Encoder {
 public:
  virtual ~Encoder() = default;

  // What stands before the first record of a file, its line end included ("" where there is
  // nothing).
  virtual std::string file_header(const Schema& schema) const {
    (void)schema;
    return {};
  }

  // Whether no record is written for the row, since the next one of its key says all.
  virtual bool skips(const RecordBatch& batch, size_t row) const {
    (void)batch, (void)row;
    return false;
  }
  // Whether the row's key has no row any more.
  virtual bool deletes(const RecordBatch& batch, size_t row) const {
    (void)batch, (void)row;
    return false;
  }

  // Appends one record, without a line end. REQUIRES: !skips(batch, row), and the format has a
  // form for what has become of the row.
  virtual void encode(const RecordBatch& batch, size_t row, std::string& out) const = 0;
};

Result<std::unique_ptr<Encoder>> make_encoder(const FormatOptions& options, const Schema& schema);

}  // namespace weir
