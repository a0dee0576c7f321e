#include "operators/changes.h"

#include "engine/data/json_form.h"

#include <algorithm>
#include <cstring>
#include <string>

namespace weir {

ChangeKind change_of(const RecordBatch& batch, uint32_t row) {
  if (batch.change == nullptr) return ChangeKind::kInsert;
  return static_cast<ChangeKind>(batch.change->values<int32_t>()[row]);
}

bool takes_back(ChangeKind change) {
  return change == ChangeKind::kUpdateBefore || change == ChangeKind::kDelete;
}

ColumnPtr change_column(const std::vector<ChangeKind>& changes) {
  const bool only_inserts = std::all_of(changes.begin(), changes.end(), [](ChangeKind change) {
    return change == ChangeKind::kInsert;
  });
  if (only_inserts) return nullptr;
  ColumnWriter writer(TypeKind::kInt, changes.size());
  for (const ChangeKind change : changes) writer.append(static_cast<int32_t>(change));
  return std::move(writer).finish();
}

bool same_value(const Column& a, uint32_t row_a, const Column& b, uint32_t row_b) {
  if (a.is_null(row_a) || b.is_null(row_b)) return a.is_null(row_a) == b.is_null(row_b);
  switch (a.type().kind()) {
    case TypeKind::kBoolean: return a.boolean(row_a) == b.boolean(row_b);
    case TypeKind::kInt:
    case TypeKind::kDate: return a.values<int32_t>()[row_a] == b.values<int32_t>()[row_b];
    case TypeKind::kBigint:
    case TypeKind::kDouble:
    case TypeKind::kTimestamp:
    case TypeKind::kTimestamptz: return a.values<int64_t>()[row_a] == b.values<int64_t>()[row_b];
    case TypeKind::kNumeric: return a.values<Int128>()[row_a] == b.values<Int128>()[row_b];
    case TypeKind::kInterval: return a.values<Interval>()[row_a] == b.values<Interval>()[row_b];
    case TypeKind::kText:
    case TypeKind::kBytea: return a.text(row_a) == b.text(row_b);
    case TypeKind::kComposite:
    case TypeKind::kArray: break;
  }
  std::string text_a;
  std::string text_b;
  append_json_value(text_a, a, row_a);
  append_json_value(text_b, b, row_b);
  return text_a == text_b;
}

}  // namespace weir
