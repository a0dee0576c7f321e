#include "operators/key_life.h"

#include <algorithm>

namespace weir {
namespace {

std::optional<size_t> first_event_time(const Schema& schema) {
  const auto found = std::find_if(schema.fields.begin(), schema.fields.end(),
                                  [](const Field& field) { return field.event_time; });
  if (found == schema.fields.end()) return std::nullopt;
  return static_cast<size_t>(found - schema.fields.begin());
}

}  // namespace

KeyLife::KeyLife(std::optional<int64_t> ttl, std::optional<size_t> time_column)
    : ttl_(ttl), time_column_(time_column) {}

KeyLife::KeyLife(const StagePlan& stage)
    : KeyLife(stage.state_ttl, first_event_time(*stage.input)) {}

int64_t KeyLife::used_at(const RecordBatch& batch, uint32_t row) const {
  if (!time_column_ || batch.columns[*time_column_] == nullptr) return clock_;
  const int64_t time = batch.columns[*time_column_]->values<int64_t>()[row];
  if (batch.arrival_watermark == nullptr) return time;
  return std::max(time, batch.arrival_watermark->values<int64_t>()[row]);
}

}  // namespace weir
