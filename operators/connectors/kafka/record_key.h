// The key of a Kafka record, from columns of the row: one text or bytea column gives its bytes
// (NULL: no key), anything else a JSON object such as {"card":"4711","day":"2024-01-31"}.
#pragma once

#include "engine/data/batch.h"

#include <string>
#include <vector>

namespace weir::kafka {

class RecordKey {
 public:
  // No columns: no record has a key. kUser error for a column that `schema` does not have.
  static Result<RecordKey> make(const std::vector<std::string>& columns, const Schema& schema);

  // Puts the key of `row` into `key` (whose memory is reused); false: the record has none.
  bool write(const RecordBatch& batch, size_t row, std::string& key) const;

 private:
  struct Column {
    size_t field;
    std::string json_name;  // In quotes, with the colon.
  };

  std::vector<Column> columns_;
  bool is_bytes_ = false;
};

}  // namespace weir::kafka
