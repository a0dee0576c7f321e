#include "operators/window_join.h"

#include "engine/time/watermark.h"
#include "operators/row_order.h"

#include <algorithm>
#include <tuple>

namespace weir {
namespace {

// Batches that one call of process emits before it gives way.
constexpr int kBatchesInOneCall = 4;
// A partition's rows of both sides should stay in the cache while they are sorted and merged.
constexpr size_t kPartitionRows = 2048;
constexpr uint32_t kPartitionBitsMax = 12;

// Of the hashes of a part, by what follows the bits that are the same for all of them.
size_t partition_of(uint64_t hash, HashPart part, size_t partitions) {
  const auto rest = static_cast<uint32_t>(hash * part.of);
  return static_cast<size_t>((uint64_t{rest} * partitions) >> 32);
}

size_t partitions_for(size_t rows) {
  uint32_t bits = 0;
  while (bits < kPartitionBitsMax && (rows >> bits) > kPartitionRows) ++bits;
  return size_t{1} << bits;
}

JoinShape shape_of(const WindowJoinSpec& spec) {
  return {.type = spec.type, .left = spec.left, .right = spec.right, .condition = spec.condition};
}

}  // namespace

WindowJoin::WindowJoin(const WindowJoinSpec& spec, std::string id, SchemaPtr output,
                       const NeededColumns& needed, TaskState& state, const SplitNames& names)
    : id_(std::move(id)),
      names_(names),
      joined_(shape_of(spec), id_, std::move(output), needed, true, names),
      left_(make_side(kLeftPort, state, id_ + ".left")),
      right_(make_side(kRightPort, state, id_ + ".right")) {}

WindowJoin::Side WindowJoin::make_side(Port port, TaskState& state, const std::string& name) const {
  Side side;
  side.rows =
      &state.sliced({.name = name, .value = joined_.kept_types(port), .access = Access::kByRow});
  for (const size_t key : joined_.side(port).keys) {
    side.keys.push_back(joined_.kept_at(port, key));
  }
  side.outer = joined_.is_outer(port);
  return side;
}

Readiness WindowJoin::prefetch(Port port, const Element& element) {
  // What fires is asked for part by part, by process.
  const RecordBatch* batch = std::get_if<RecordBatch>(&element);
  if (batch == nullptr) return Readiness::kReady;
  split(port, *batch);
  SlicedTable& table = port == kLeftPort ? *left_.rows : *right_.rows;
  Readiness readiness = Readiness::kReady;
  for (const Slice& slice : slices_) {
    KeyBatch keys{.hashes = slice.hashes.data()};
    for (const size_t key : joined_.side(port).keys) {
      keys.columns.push_back(batch->columns[key].get());
    }
    const Readiness one = table.prefetch(slice.end, keys, {slice.rows.data(), slice.rows.size()});
    if (one == Readiness::kPending) readiness = Readiness::kPending;
  }
  return readiness;
}

Result<Progress> WindowJoin::process(Port port, const Element& element, int64_t now, Output& out) {
  if (const Watermark* watermark = std::get_if<Watermark>(&element)) {
    return fire(watermark->time, now, out);
  }
  if (const RecordBatch* batch = std::get_if<RecordBatch>(&element)) take_rows(port, *batch, out);
  return Progress::kDone;
}

void WindowJoin::split(Port port, const RecordBatch& batch) {
  if (split_done_) return;
  split_done_ = true;
  const JoinSide& side = joined_.side(port);
  intake_ = take_in(batch, side, LateWhere::kAtOrBelow);
  const int64_t* ends = batch.columns[side.time]->values<int64_t>();
  Slice* slice = nullptr;
  for (size_t i = 0; i < intake_.rows.size(); ++i) {
    const int64_t end = ends[intake_.rows[i]];
    if (slice == nullptr || slice->end != end) slice = &slice_of(end);
    slice->rows.push_back(intake_.rows[i]);
    slice->hashes.push_back(intake_.hashes[i]);
  }
}

WindowJoin::Slice& WindowJoin::slice_of(int64_t end) {
  for (Slice& slice : slices_) {
    if (slice.end == end) return slice;
  }
  return slices_.emplace_back(Slice{.end = end, .rows = {}, .hashes = {}});
}

void WindowJoin::take_rows(Port port, const RecordBatch& batch, Output& out) {
  split(port, batch);
  counters_.rows_in += batch.size();
  counters_.late += intake_.late.size();
  counters_.accepted += batch.size() - intake_.late.size();
  if (!intake_.late.empty() && out.is_open(kLatePort)) {
    out.emit(kLatePort, late_rows(batch, intake_.late, id_, names_));
  }
  joined_.emit_lone(batch, intake_.lone, port, counters_, out);
  SlicedTable& rows = port == kLeftPort ? *left_.rows : *right_.rows;
  for (const Slice& slice : slices_) {
    KeyedTable& table = rows.slice(slice.end);
    ids_.clear();
    for (const uint64_t hash : slice.hashes) ids_.push_back(table.append_row(hash));
    joined_.keep(table, ids_.data(), batch, {slice.rows.data(), slice.rows.size()}, port);
  }
  slices_.clear();
  split_done_ = false;
}

bool WindowJoin::is_due(int64_t until) const {
  return (!left_.rows->empty() || !right_.rows->empty()) && first_end() <= until;
}

int64_t WindowJoin::first_end() const {
  if (left_.rows->empty()) return right_.rows->first_end();
  if (right_.rows->empty()) return left_.rows->first_end();
  return std::min(left_.rows->first_end(), right_.rows->first_end());
}

Result<Progress> WindowJoin::fire(int64_t until, int64_t now, Output& out) {
  for (int done = 0; is_due(until);) {
    if (done == kBatchesInOneCall) return Progress::kMore;
    const int64_t end = first_end();
    if (!is_open_) open(end);
    if (phase_ == Phase::kIdle) {
      if (prefetch_part(end) == Readiness::kPending) return Progress::kMore;
      begin_part();
    }
    const uint64_t before = counters_.rows_out;
    TRY(fire_some(now, out));
    const bool is_joined = phase_ == Phase::kIdle;
    if (counters_.rows_out != before || (is_joined && part_.of > 1)) ++done;
    if (is_joined) end_part(end);
  }
  return Progress::kDone;
}

void WindowJoin::open(int64_t end) {
  is_open_ = true;
  part_ = {};
  for (Side* side : {&left_, &right_}) {
    side->table = side->rows->has(end) ? &side->rows->hold(end) : nullptr;
    if (side->table == nullptr) continue;
    const uint32_t parts = side->rows->parts({end}, side->table->size() * sizeof(Ref));
    part_.of = std::max(part_.of, parts);
  }
}

Readiness WindowJoin::prefetch_part(int64_t end) {
  Readiness readiness = Readiness::kReady;
  for (Side* side : {&left_, &right_}) {
    if (side->table == nullptr || side->is_here) continue;
    const Readiness one = side->rows->prefetch_part(end, part_, *side->table);
    side->is_here = one == Readiness::kReady;
    if (!side->is_here) readiness = one;
  }
  return readiness;
}

void WindowJoin::begin_part() {
  size_t rows_max = 0;
  for (const Side* side : {&left_, &right_}) {
    if (side->table != nullptr) rows_max = std::max(rows_max, side->table->size() / part_.of);
  }
  partitions_ = partitions_for(rows_max);
  for (Side* side : {&left_, &right_}) {
    partition(*side, partitions_);
    side->rows->count_beside(side->refs.size() * sizeof(Ref));
  }
  enter_partition(0);
  next_alone_ = 0;
  phase_ = Phase::kPairs;
}

// Rows that were joined make room for those of the next part.
void WindowJoin::end_part(int64_t end) {
  is_open_ = ++part_.index < part_.of;
  for (Side* side : {&left_, &right_}) {
    side->is_here = false;
    if (is_open_) {
      for (const Ref& ref : side->refs) side->table->erase(ref.row);
      continue;
    }
    side->rows->count_beside(0);
    side->rows->drop(end);
  }
}

void WindowJoin::partition(Side& side, size_t count) const {
  side.bounds.assign(count + 1, 0);
  side.refs.clear();
  side.matched.clear();
  if (side.table == nullptr) return;
  const KeyedTable& table = *side.table;
  const auto each_row = [&](auto&& f) {
    for (RowId row = 0; row < table.ids_end(); ++row) {
      if (table.is_live(row) && part_.contains(table.hash(row))) f(row, table.hash(row));
    }
  };
  each_row([&](RowId, uint64_t hash) { ++side.bounds[partition_of(hash, part_, count) + 1]; });
  for (size_t i = 0; i < count; ++i) side.bounds[i + 1] += side.bounds[i];
  std::vector<size_t> next(side.bounds.begin(), side.bounds.end() - 1);
  side.refs.resize(side.bounds.back());
  each_row([&](RowId row, uint64_t hash) {
    side.refs[next[partition_of(hash, part_, count)]++] = {hash, row};
  });
  if (side.outer) side.matched.assign(side.refs.size(), false);
}

void WindowJoin::enter_partition(size_t partition) {
  partition_ = partition;
  for (Side* side : {&left_, &right_}) {
    side->run_begin = side->run_end = side->next = side->bounds[partition];
    const auto begin = side->refs.begin();
    const auto from = begin + static_cast<std::ptrdiff_t>(side->bounds[partition]);
    const auto to = begin + static_cast<std::ptrdiff_t>(side->bounds[partition + 1]);
    std::sort(from, to, [](const Ref& a, const Ref& b) {
      return std::tie(a.hash, a.row) < std::tie(b.hash, b.row);
    });
  }
}

// To the next hash that both sides have. Returns false at the end of the window.
bool WindowJoin::next_run() {
  while (true) {
    size_t l = left_.run_end;
    size_t r = right_.run_end;
    const size_t l_end = left_.bounds[partition_ + 1];
    const size_t r_end = right_.bounds[partition_ + 1];
    while (l < l_end && r < r_end && left_.refs[l].hash != right_.refs[r].hash) {
      left_.refs[l].hash < right_.refs[r].hash ? ++l : ++r;
    }
    if (l == l_end || r == r_end) {
      if (partition_ + 1 == partitions_) return false;
      enter_partition(partition_ + 1);
      continue;
    }
    const uint64_t hash = left_.refs[l].hash;
    left_.run_begin = left_.next = l;
    right_.run_begin = right_.next = r;
    while (l < l_end && left_.refs[l].hash == hash) ++l;
    while (r < r_end && right_.refs[r].hash == hash) ++r;
    left_.run_end = l;
    right_.run_end = r;
    return true;
  }
}

bool WindowJoin::equal_keys(RowId left, RowId right) const {
  const std::byte* a = left_.table->row(left);
  const std::byte* b = right_.table->row(right);
  for (size_t i = 0; i < left_.keys.size(); ++i) {
    if (!equal_values({left_.table->layout(), a, left_.keys[i]},
                      {right_.table->layout(), b, right_.keys[i]})) {
      return false;
    }
  }
  return true;
}

// Up to a batch of pairs, from where it stopped; none at the end of the window.
void WindowJoin::collect_pairs() {
  left_ids_.clear();
  right_ids_.clear();
  left_refs_.clear();
  right_refs_.clear();
  do {
    for (; left_.next < left_.run_end; ++left_.next, right_.next = right_.run_begin) {
      const RowId left = left_.refs[left_.next].row;
      for (; right_.next < right_.run_end; ++right_.next) {
        if (left_ids_.size() == kBatchRows) return;
        const RowId right = right_.refs[right_.next].row;
        if (!equal_keys(left, right)) continue;
        left_ids_.push_back(left);
        right_ids_.push_back(right);
        left_refs_.push_back(left_.next);
        right_refs_.push_back(right_.next);
      }
    }
  } while (next_run());
}

Status WindowJoin::emit_pairs(int64_t now, Output& out) {
  RecordBatch pairs = joined_.begin(left_ids_.size());
  joined_.set(pairs, kLeftPort, *left_.table, left_ids_.data());
  joined_.set(pairs, kRightPort, *right_.table, right_ids_.data());
  RecordBatch matching = TRY(joined_.matching(std::move(pairs), now, out));
  if (matching.size() == 0) return {};
  matching.selection().each([&](uint32_t i) {
    if (left_.outer) left_.matched[left_refs_[i]] = true;
    if (right_.outer) right_.matched[right_refs_[i]] = true;
  });
  joined_.emit(std::move(matching), counters_, out);
  return {};
}

Status WindowJoin::fire_some(int64_t now, Output& out) {
  switch (phase_) {
    case Phase::kPairs:
      collect_pairs();
      if (!left_ids_.empty()) return emit_pairs(now, out);
      phase_ = Phase::kLeftAlone;
      return {};
    case Phase::kLeftAlone:
      emit_alone(kLeftPort, out);
      if (next_alone_ < left_.matched.size()) return {};
      next_alone_ = 0;
      phase_ = Phase::kRightAlone;
      return {};
    case Phase::kRightAlone:
      emit_alone(kRightPort, out);
      if (next_alone_ < right_.matched.size()) return {};
      next_alone_ = 0;
      phase_ = Phase::kIdle;
      return {};
    case Phase::kIdle: break;
  }
  unreachable();
}

void WindowJoin::emit_alone(Port port, Output& out) {
  const Side& side = port == kLeftPort ? left_ : right_;
  ids_.clear();
  for (; next_alone_ < side.matched.size() && ids_.size() < kBatchRows; ++next_alone_) {
    if (!side.matched[next_alone_]) ids_.push_back(side.refs[next_alone_].row);
  }
  if (ids_.empty()) return;
  RecordBatch joined = joined_.begin(ids_.size());
  joined_.set(joined, port, *side.table, ids_.data());
  joined_.set_missing(joined, other_side(port));
  joined_.emit(std::move(joined), counters_, out);
}

}  // namespace weir
