#include "state/waiting_rows.h"

#include "engine/data/calendar.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <tuple>

namespace weir {
namespace {

// Hidden words of a row with a place.
constexpr size_t kPosition = 0;
constexpr size_t kSplit = 1;
constexpr size_t kPlaceWords = 2;

constexpr int kBucketShift = 18;  // Of microseconds: a quarter of a second.

// Of a bucket, beside its entries: a node of the map and the vector's block.
constexpr size_t kBucketBytes = 128;

int64_t bucket_of(int64_t time) { return time >> kBucketShift; }

std::vector<Type> kept_types(const WaitingSpec& spec) {
  std::vector<Type> types;
  for (const size_t column : spec.kept) types.push_back(spec.schema->fields[column].type);
  return types;
}

template <typename T>
int compare(const T& a, const T& b) {
  return a < b ? -1 : static_cast<int>(b < a);
}

// A total order: NaN behind all others, and what is equal but not the same (0 and -0) by its bits.
int compare_doubles(double a, double b) {
  if (const int nan = compare(a != a, b != b); nan != 0) return nan;
  if (const int order = compare(a, b); order != 0) return order;
  return compare(std::bit_cast<int64_t>(a), std::bit_cast<int64_t>(b));
}

int compare_intervals(const Interval& a, const Interval& b) {
  if (const int order = compare(interval_total(a), interval_total(b)); order != 0) return order;
  return compare(std::tie(a.months, a.days), std::tie(b.months, b.days));
}

// Less than, equal to or greater than zero.
int compare_slots(const Type& type, const std::byte* a, const std::byte* b) {
  switch (type.kind()) {
    case TypeKind::kBoolean: return compare(a[0], b[0]);
    case TypeKind::kInt:
    case TypeKind::kDate: return compare(load<int32_t>(a), load<int32_t>(b));
    case TypeKind::kBigint:
    case TypeKind::kTimestamp:
    case TypeKind::kTimestamptz: return compare(load<int64_t>(a), load<int64_t>(b));
    case TypeKind::kDouble: return compare_doubles(load<double>(a), load<double>(b));
    case TypeKind::kNumeric: return compare(load<Int128>(a), load<Int128>(b));
    case TypeKind::kText:
    case TypeKind::kBytea: return load<StoredText>(a).view().compare(load<StoredText>(b).view());
    case TypeKind::kInterval: return compare_intervals(load<Interval>(a), load<Interval>(b));
    case TypeKind::kComposite:
    case TypeKind::kArray: break;
  }
  unreachable();
}

// Whether one row comes before another by its columns, NULL behind all values.
bool row_before(const RowLayout& layout, const std::byte* a, const std::byte* b) {
  for (size_t column = 0; column < layout.columns(); ++column) {
    int order = compare(layout.is_null(a, column), layout.is_null(b, column));
    if (order == 0) {
      const size_t offset = layout.offset(column);
      order = compare_slots(layout.type(column), a + offset, b + offset);
    }
    if (order != 0) return order < 0;
  }
  return false;
}

}  // namespace

WaitingRows::WaitingRows(WaitingSpec spec, Residency& residency)
    : StateTable(spec.name, residency),
      spec_(std::move(spec)),
      rows_(std::make_shared<const RowLayout>(std::vector<Type>(), kept_types(spec_),
                                              spec_.with_place ? kPlaceWords : 0),
            Access::kByRow) {
  const auto time = std::find(spec_.kept.begin(), spec_.kept.end(), spec_.time_column);
  CHECK(time != spec_.kept.end());
  CHECK(spec_.schema->fields[spec_.time_column].type.is_time());
  time_offset_ = rows_.layout().offset(static_cast<size_t>(time - spec_.kept.begin()));
}

bool WaitingRows::place_before(const Entry& a, const Entry& b) {
  if (a.time != b.time) return a.time < b.time;
  if (a.split != b.split) return a.split < b.split;
  return a.position < b.position;
}

bool WaitingRows::before(const Entry& a, const Entry& b) const {
  if (spec_.with_place || a.time != b.time) return place_before(a, b);
  return row_before(rows_.layout(), rows_.row(a.row), rows_.row(b.row));
}

void WaitingRows::add(const RecordBatch& batch, Selection selection, const uint64_t* hashes) {
  ids_.resize(selection.size());
  for (size_t i = 0; i < ids_.size(); ++i) {
    ids_[i] = rows_.append_row(hashes == nullptr ? 0 : hashes[i]);
  }
  for (size_t i = 0; i < spec_.kept.size(); ++i) {
    CHECK(batch.columns[spec_.kept[i]] != nullptr);
    rows_.write(ids_.data(), selection, i, *batch.columns[spec_.kept[i]]);
  }
  CHECK(!spec_.with_place || (batch.split != nullptr && batch.position != nullptr));
  const int64_t* times = batch.columns[spec_.time_column]->values<int64_t>();
  const int32_t* splits = spec_.with_place ? batch.split->values<int32_t>() : nullptr;
  const int64_t* positions = spec_.with_place ? batch.position->values<int64_t>() : nullptr;
  size_t i = 0;
  selection.each([&](uint32_t row) {
    const Entry entry = {.time = times[row],
                         .position = positions == nullptr ? 0 : positions[row],
                         .split = splits == nullptr ? 0 : splits[row],
                         .row = ids_[i++]};
    if (spec_.with_place) put_place(entry);
    add_entry(entry);
  });
}

void WaitingRows::add_entry(const Entry& entry) {
  const int64_t number = bucket_of(entry.time);
  if (has_front() && number <= front_bucket_) {
    front_heap_.push_back(entry);
    std::push_heap(front_heap_.begin(), front_heap_.end(),
                   [this](const Entry& a, const Entry& b) { return before(b, a); });
    return;
  }
  if (last_used_ == nullptr || last_used_number_ != number) {
    last_used_ = &buckets_[number];
    last_used_number_ = number;
  }
  last_used_->entries.push_back(entry);
  last_used_->first_time = std::min(last_used_->first_time, entry.time);
}

int64_t WaitingRows::first_time() const {
  return std::min(first_in_memory(), residency_.first_due(name_));
}

int64_t WaitingRows::first_in_memory() const {
  if (has_front()) return front().time;
  return buckets_.empty() ? std::numeric_limits<int64_t>::max()
                          : buckets_.begin()->second.first_time;
}

bool WaitingRows::heap_is_first() const {
  if (front_heap_.empty()) return false;
  return front_next_ == front_.size() || before(front_heap_.front(), front_[front_next_]);
}

const WaitingRows::Entry& WaitingRows::front() const {
  return heap_is_first() ? front_heap_.front() : front_[front_next_];
}

void WaitingRows::drop_front() {
  if (!heap_is_first()) {
    ++front_next_;
    return;
  }
  std::pop_heap(front_heap_.begin(), front_heap_.end(),
                [this](const Entry& a, const Entry& b) { return before(b, a); });
  front_heap_.pop_back();
}

void WaitingRows::enter_first_bucket() {
  const auto first = buckets_.begin();
  if (last_used_ == &first->second) last_used_ = nullptr;
  front_bucket_ = first->first;
  front_ = std::move(first->second.entries);
  front_next_ = 0;
  buckets_.erase(first);
  if (spec_.with_place) {
    std::sort(front_.begin(), front_.end(),
              [](const Entry& a, const Entry& b) { return place_before(a, b); });
  } else {
    std::sort(front_.begin(), front_.end(),
              [this](const Entry& a, const Entry& b) { return before(a, b); });
  }
}

void WaitingRows::take_front(int64_t until, size_t rows_max) {
  while (taken_.size() < rows_max && has_front() && front().time < until) {
    taken_.push_back(front());
    drop_front();
    // Most often nothing came late, and the sorted rows are all there is.
    if (!front_heap_.empty()) continue;
    while (taken_.size() < rows_max && front_next_ < front_.size() &&
           front_[front_next_].time < until) {
      taken_.push_back(front_[front_next_++]);
    }
  }
}

// What is in memory and before all that is not is enough. If there is nothing of it, rows of the
// first times come until all of one time are there.
Readiness WaitingRows::prefetch_before(int64_t until) {
  const int64_t last = until - (until > std::numeric_limits<int64_t>::min());
  while (true) {
    const int64_t first = first_in_memory();
    const bool is_enough = first < std::min(until, residency_.first_due(name_));
    const Readiness ready = residency_.prefetch_until(name_, is_enough ? first : last);
    if (is_enough || ready == Readiness::kPending || first_time() >= until) return ready;
  }
}

RecordBatch WaitingRows::take_before(int64_t until, size_t rows_max, Cut cut) {
  residency_.used(spec_.name, 0);
  until = std::min(until, residency_.first_due(name_));
  taken_.clear();
  while (taken_.size() < rows_max && first_in_memory() < until) {
    if (!has_front()) enter_first_bucket();
    take_front(until, rows_max);
  }
  // Rows of one time are in one bucket.
  if (cut == Cut::kBetweenTimes && !taken_.empty()) {
    take_front(taken_.back().time + 1, std::numeric_limits<size_t>::max());
  }
  RecordBatch batch = batch_of_taken();
  // The last first, so that the next rows to come find their places in order.
  for (size_t i = taken_.size(); i-- > 0;) rows_.erase(taken_[i].row);
  return batch;
}

RecordBatch WaitingRows::batch_of_taken() const {
  const size_t count = taken_.size();
  RecordBatch batch;
  batch.schema = spec_.schema;
  batch.rows = static_cast<uint32_t>(count);
  batch.columns.resize(spec_.schema->fields.size());
  std::vector<RowId> ids;
  ids.reserve(count);
  for (const Entry& entry : taken_) {
    rows_.touch(entry.row);
    ids.push_back(entry.row);
  }
  auto arena = std::make_shared<Arena>();
  for (size_t i = 0; i < spec_.kept.size(); ++i) {
    ColumnWriter writer(rows_.layout().type(i), count, arena);
    rows_.append_to(writer, ids.data(), count, i);
    batch.columns[spec_.kept[i]] = std::move(writer).finish();
  }
  if (!spec_.with_place) return batch;
  ColumnWriter splits(TypeKind::kInt, count);
  ColumnWriter positions(TypeKind::kBigint, count);
  for (const Entry& entry : taken_) {
    splits.append(entry.split);
    positions.append(entry.position);
  }
  batch.split = std::move(splits).finish();
  batch.position = std::move(positions).finish();
  return batch;
}

size_t WaitingRows::bytes() const {
  size_t entries = front_.capacity() + front_heap_.capacity();
  for (const auto& [number, bucket] : buckets_) entries += bucket.entries.capacity();
  return rows_.bytes() + entries * sizeof(Entry);
}

size_t WaitingRows::used_bytes() const {
  return rows_.used_bytes() + rows_.size() * sizeof(Entry) + buckets_.size() * kBucketBytes;
}

std::string WaitingRows::signature() const {
  std::vector<Type> types;
  for (const size_t column : spec_.kept) types.push_back(spec_.schema->fields[column].type);
  return fmt::format("waiting rows of ({}){}", types_text(types),
                     spec_.with_place ? " with their places" : "");
}

void WaitingRows::freeze(Freeze what, FrozenMemory& memory, FrozenTable& out) {
  std::vector<size_t> words;
  if (spec_.with_place) {
    for (const size_t word : {kPosition, kSplit}) {
      words.push_back(rows_.layout().hidden_offset(word));
    }
  }
  freeze_store(rows_, {{}, what, std::move(words)}, memory, out);
  if (residency_.first_due(name_) == kNoDue) return;
  ByteWriter head;
  head.put(left_);
  out.head = std::move(head).take();
}

// Rows of several tasks never have the same hash: each is of a key group that one of them owned.
Status WaitingRows::read(const StateImage::Table& from, const OwnedGroups& owned) {
  if (!from.head.empty()) {
    ByteReader head(from.head);
    left_ = std::max(left_, TRY(head.get<uint64_t>()));
    if (head.left() != 0) return misfit();
  }
  return read_rows(from.store({}), owned, rows_,
                   [&](RowId, uint64_t hash, ByteReader& rest) -> Status {
                     const RowId row = TRY(rows_.insert_encoded(hash, rest));
                     return add_saved(row, rest);
                   });
}

Status WaitingRows::add_saved(RowId row, ByteReader& place) {
  Entry entry = {};
  entry.row = row;
  entry.time = load<int64_t>(rows_.row(row) + time_offset_);
  if (spec_.with_place) {
    entry.position = TRY(place.get<int64_t>());
    const int64_t split = TRY(place.get<int64_t>());
    entry.split = static_cast<int32_t>(split);
    put_place(entry);
  }
  add_entry(entry);
  return {};
}

Status WaitingRows::come_back(StoreId, std::string_view value) {
  ByteReader in(value);
  const Returned back = TRY(begin_return(rows_, in));
  TRY(add_saved(back.row, in));
  return in.left() == 0 ? Status() : misfit();
}

void WaitingRows::evict(size_t bytes, const Leave& leave) {
  const size_t before = used_bytes();
  LeavingBytes leaving;
  // Whether another one has to go.
  const auto let_go = [&](const Entry& entry) {
    leaving.begin(rows_, entry.row, entry.time);
    const uint64_t number[] = {rows_.hash(entry.row), left_++};
    leaving.key.assign(reinterpret_cast<const char*>(number), sizeof number);
    if (spec_.with_place) {
      leaving.value.put(entry.position);
      leaving.value.put(int64_t{entry.split});
    }
    rows_.erase(entry.row);
    leave({{}, leaving.key, entry.time, leaving.value.view()});
    return used_bytes() + bytes > before;
  };
  while (rows_.size() > 0 && used_bytes() + bytes > before) {
    buckets_.empty() ? let_go_of_front(let_go) : let_go_of_last_bucket(let_go);
  }
}

// From its end, where those that came last are.
template <typename LetGo>
void WaitingRows::let_go_of_last_bucket(LetGo&& let_go) {
  const auto last = std::prev(buckets_.end());
  std::vector<Entry>& entries = last->second.entries;
  for (bool more = true; more && !entries.empty();) {
    more = let_go(entries.back());
    entries.pop_back();
  }
  if (entries.empty()) {
    if (last_used_ == &last->second) last_used_ = nullptr;
    buckets_.erase(last);
    return;
  }
  const auto first =
      std::min_element(entries.begin(), entries.end(),
                       [](const Entry& a, const Entry& b) { return a.time < b.time; });
  last->second.first_time = first->time;
}

// A heap without its last place is one.
template <typename LetGo>
void WaitingRows::let_go_of_front(LetGo&& let_go) {
  bool more = true;
  for (; more && front_next_ < front_.size(); front_.pop_back()) more = let_go(front_.back());
  for (; more && !front_heap_.empty(); front_heap_.pop_back()) more = let_go(front_heap_.back());
}

// Into a new row, which is saved anyway.
void WaitingRows::put_place(const Entry& entry) {
  std::byte* row = rows_.unmarked(entry.row);
  store(row + rows_.layout().hidden_offset(kPosition), entry.position);
  store(row + rows_.layout().hidden_offset(kSplit), int64_t{entry.split});
}

}  // namespace weir
