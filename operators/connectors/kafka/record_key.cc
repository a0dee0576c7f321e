#include "operators/connectors/kafka/record_key.h"

#include "engine/data/json_form.h"

#include <fmt/format.h>

namespace weir::kafka {

Result<RecordKey> RecordKey::make(const std::vector<std::string>& columns, const Schema& schema) {
  RecordKey key;
  for (const std::string& name : columns) {
    const std::optional<size_t> field = schema.find(name);
    if (!field) {
      std::vector<std::string> known;
      for (const Field& each : schema.fields) known.push_back(each.name);
      return user_error(
          fmt::format("key names a column that the table does not have: '{}'; it has {}", name,
                      fmt::join(known, ", ")));
    }
    std::string json_name;
    append_json_string(json_name, name);
    key.columns_.push_back({*field, json_name + ':'});
  }
  if (key.columns_.size() == 1) {
    const TypeKind kind = schema.fields[key.columns_[0].field].type.kind();
    key.is_bytes_ = kind == TypeKind::kText || kind == TypeKind::kBytea;
  }
  return key;
}

bool RecordKey::write(const RecordBatch& batch, size_t row, std::string& key) const {
  key.clear();
  if (columns_.empty()) return false;
  if (is_bytes_) {
    const auto& column = *batch.columns[columns_[0].field];
    if (column.is_null(row)) return false;
    key = column.text(row);
    return true;
  }
  for (const Column& each : columns_) {
    key += key.empty() ? '{' : ',';
    key += each.json_name;
    append_json_value(key, *batch.columns[each.field], row);
  }
  key += '}';
  return true;
}

}  // namespace weir::kafka
