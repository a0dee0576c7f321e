#include "operators/connectors/blackhole/blackhole_sink.h"

#include "engine/base/bytes.h"
#include "engine/base/hash.h"
#include "engine/data/json_form.h"

#include <algorithm>

namespace weir {
namespace {

// The columns that hold values: of composites the fields, at every level. Absent ones are left out.
void add_leaves(const Column* column, std::vector<const Column*>& leaves,
                std::vector<const Column*>& composites, std::vector<const Column*>& arrays) {
  if (column == nullptr) return;
  if (column->type().kind() == TypeKind::kArray) return arrays.push_back(column);
  if (column->type().kind() != TypeKind::kComposite) {
    leaves.push_back(column);
    return;
  }
  composites.push_back(column);
  for (const ColumnPtr& child : column->children()) {
    add_leaves(child.get(), leaves, composites, arrays);
  }
}

bool takes_back(const RecordBatch& batch, uint32_t row) {
  if (batch.change == nullptr) return false;
  const auto change = static_cast<ChangeKind>(batch.change->values<int32_t>()[row]);
  return change == ChangeKind::kUpdateBefore || change == ChangeKind::kDelete;
}

}  // namespace

Result<size_t> BlackholeSink::write(const RecordBatch& batch, size_t from) {
  CHECK(from <= batch.size());
  if (from == batch.size()) return size_t{0};
  const Selection selection = batch.selection();
  std::vector<const Column*> leaves;
  std::vector<const Column*> composites;
  std::vector<const Column*> arrays;
  for (const ColumnPtr& column : batch.columns) {
    add_leaves(column.get(), leaves, composites, arrays);
  }
  if (hashes_.size() < selection.size()) hashes_.resize(selection.size());
  if (leaves.empty()) {
    std::fill_n(hashes_.begin(), selection.size(), 0);
  } else {
    hash_rows(leaves, selection, hashes_.data());
  }
  for (size_t place = 0; place < composites.size(); ++place) {
    const Column& composite = *composites[place];
    if (!composite.has_nulls()) continue;
    for (size_t i = 0; i < selection.size(); ++i) {
      // A NULL among composites is not the same as one whose fields are all NULL.
      if (composite.is_null(selection[i])) hashes_[i] = hash_combine(hashes_[i], place);
    }
  }
  std::string text;
  for (const Column* array : arrays) {
    for (size_t i = 0; i < selection.size(); ++i) {
      text.clear();
      append_json_value(text, *array, selection[i]);
      hashes_[i] = hash_combine(hashes_[i], hash_bytes(text));
    }
  }
  // Mixed once more, since what a sum adds up should have no structure left.
  for (size_t i = from; i < selection.size(); ++i) {
    const uint64_t hash = hash_word(hashes_[i]);
    totals_.checksum += takes_back(batch, selection[i]) ? 0 - hash : hash;
  }
  totals_.rows += selection.size() - from;
  return selection.size() - from;
}

Result<Segment> BlackholeSink::seal(CheckpointId) {
  ByteWriter contents;
  contents.put(totals_.rows);
  contents.put(totals_.checksum);
  Segment segment;
  segment.rows = totals_.rows - sealed_rows_;
  segment.contents = std::move(contents).take();
  sealed_rows_ = totals_.rows;
  return segment;
}

Status BlackholeSink::resume(const Segment& last) {
  ByteReader contents(last.contents);
  RowTotals totals;
  totals.rows = TRY(contents.get<uint64_t>());
  totals.checksum = TRY(contents.get<uint64_t>());
  totals_.add(totals);
  sealed_rows_ = totals_.rows;
  return {};
}

}  // namespace weir
