#include "operators/as_of_join.h"

#include "engine/time/watermark.h"

#include <algorithm>
#include <numeric>
#include <tuple>

namespace weir {
namespace {

// Batches that one call of process emits before it gives way.
constexpr int kBatchesInOneCall = 4;

JoinShape shape_of(const AsOfJoinSpec& spec) {
  return {.type = spec.type, .left = spec.left, .right = spec.right, .condition = spec.condition};
}

}  // namespace

AsOfJoin::AsOfJoin(const AsOfJoinSpec& spec, const StagePlan& stage, TaskState& state,
                   const SplitNames& names)
    : spec_(spec),
      id_(stage.id),
      names_(names),
      with_place_(stage.with_position),
      joined_(shape_of(spec), stage.id, stage.outputs[0].schema, stage.outputs[0].needed, true,
              names),
      waiting_(declare_waiting(stage, state)),
      versions_(declare_versions(stage, state)),
      first_own_(joined_.kept(kRightPort).size()),
      watermark_(kMinTime) {}

WaitingRows& AsOfJoin::declare_waiting(const StagePlan& stage, TaskState& state) const {
  WaitingSpec waiting{.name = stage.id + ".waiting",
                      .schema = std::make_shared<const Schema>(Schema{spec_.left.columns}),
                      .kept = joined_.kept(kLeftPort),
                      .time_column = spec_.left.time,
                      .with_place = with_place_};
  if (std::find(waiting.kept.begin(), waiting.kept.end(), spec_.left.time) == waiting.kept.end()) {
    waiting.kept.push_back(spec_.left.time);
    std::sort(waiting.kept.begin(), waiting.kept.end());
  }
  return state.waiting(waiting);
}

KeyedLists& AsOfJoin::declare_versions(const StagePlan& stage, TaskState& state) const {
  ListsSpec lists{.name = stage.id + ".versions",
                  .key = {},
                  .head = {},
                  .entry = joined_.kept_types(kRightPort),
                  .with_timer = false};
  for (const size_t key : spec_.right.keys) lists.key.push_back(spec_.right.columns[key].type);
  lists.entry.emplace_back(TypeKind::kBigint);
  lists.entry.emplace_back(TypeKind::kInt);
  lists.entry.emplace_back(TypeKind::kBigint);
  return state.lists(lists);
}

void AsOfJoin::hash(Port port, const RecordBatch& batch) {
  if (hashed_) return;
  hashed_ = true;
  std::vector<const Column*> keys;
  for (const size_t key : joined_.side(port).keys) keys.push_back(batch.columns[key].get());
  hashes_.assign(batch.size(), 0);
  if (!keys.empty()) hash_rows(keys, batch.selection(), hashes_.data());
}

KeyBatch AsOfJoin::keys_of(Port port, const RecordBatch& batch) const {
  KeyBatch keys{.columns = {}, .hashes = hashes_.data()};
  for (const size_t key : joined_.side(port).keys) keys.columns.push_back(batch.columns[key].get());
  return keys;
}

Readiness AsOfJoin::prefetch(Port port, const Element& element) {
  if (const RecordBatch* batch = std::get_if<RecordBatch>(&element)) {
    if (port == kLeftPort) return Readiness::kReady;
    hash(port, *batch);
    return versions_.prefetch(keys_of(port, *batch), batch->selection());
  }
  const Watermark* watermark = std::get_if<Watermark>(&element);
  if (watermark == nullptr) return Readiness::kReady;
  if (chunk_.has_value()) {
    hash(kLeftPort, *chunk_);
    return versions_.prefetch(keys_of(kLeftPort, *chunk_), chunk_->selection());
  }
  return waiting_.prefetch_before(watermark->time);
}

Result<Progress> AsOfJoin::process(Port port, const Element& element, int64_t now, Output& out) {
  if (const Watermark* watermark = std::get_if<Watermark>(&element)) {
    return fire(watermark->time, now, out);
  }
  const RecordBatch* batch = std::get_if<RecordBatch>(&element);
  if (batch == nullptr) return Progress::kDone;
  if (port == kLeftPort) {
    wait(*batch, out);
  } else {
    add_versions(*batch);
  }
  return Progress::kDone;
}

void AsOfJoin::wait(const RecordBatch& batch, Output& out) {
  std::vector<LateRow> late;
  const RecordBatch on_time = without_late(batch, spec_.left.time, late);
  counters_.rows_in += batch.size();
  counters_.late += late.size();
  counters_.accepted += batch.size() - late.size();
  if (!late.empty() && out.is_open(kLatePort)) {
    out.emit(kLatePort, late_rows(batch, late, id_, names_));
  }
  if (on_time.size() == 0) return;
  hash(kLeftPort, on_time);
  waiting_.add(on_time, on_time.selection(), hashes_.data());
  hashed_ = false;
}

void AsOfJoin::add_versions(const RecordBatch& batch) {
  hash(kRightPort, batch);
  counters_.rows_in += batch.size();
  counters_.accepted += batch.size();
  const Selection selection = batch.selection();
  const int64_t* times = batch.columns[spec_.right.time]->values<int64_t>();
  const int64_t* arrival = arrival_watermarks(batch);
  std::vector<RowId> heads(selection.size());
  versions_.heads().find_or_insert(keys_of(kRightPort, batch), selection, heads.data());
  KeyedTable& entries = versions_.entries();
  const RowLayout& layout = entries.layout();
  const std::vector<size_t>& kept = joined_.kept(kRightPort);
  for (size_t i = 0; i < heads.size(); ++i) {
    const uint32_t row = selection[i];
    Place place{.valid_from = times[row], .split = 0, .position = 0};
    if (arrival != nullptr) place.valid_from = std::max(place.valid_from, arrival[row]);
    if (with_place_) {
      place.split = batch.split->values<int32_t>()[row];
      place.position = batch.position->values<int64_t>()[row];
    }
    RowId before = versions_.last(heads[i]);
    while (before != kNoRow && is_before(place, place_of(before))) before = versions_.prev(before);
    const RowId entry = versions_.insert_behind(heads[i], before);
    for (size_t k = 0; k < kept.size(); ++k) entries.write(entry, k, *batch.columns[kept[k]], row);
    std::byte* to = entries.change(entry);
    for (size_t k = 0; k < 3; ++k) layout.clear_null(to, first_own_ + k);
    store(to + layout.offset(first_own_), place.valid_from);
    store(to + layout.offset(first_own_ + 1), place.split);
    store(to + layout.offset(first_own_ + 2), place.position);
    drop_passed(heads[i]);
  }
  hashed_ = false;
}

AsOfJoin::Place AsOfJoin::place_of(RowId version) const {
  const KeyedTable& entries = std::as_const(versions_).entries();
  const std::byte* row = entries.row(version);
  const RowLayout& layout = entries.layout();
  return {.valid_from = load<int64_t>(row + layout.offset(first_own_)),
          .split = load<int32_t>(row + layout.offset(first_own_ + 1)),
          .position = load<int64_t>(row + layout.offset(first_own_ + 2))};
}

bool AsOfJoin::is_before(const Place& a, const Place& b) const {
  return std::tie(a.valid_from, a.split, a.position) < std::tie(b.valid_from, b.split, b.position);
}

// No row below the watermark is still to be answered: of the versions before it only the last one
// counts.
void AsOfJoin::drop_passed(RowId head) {
  while (true) {
    const RowId first = versions_.first(head);
    const RowId second = first == kNoRow ? kNoRow : versions_.next(first);
    if (second == kNoRow || place_of(second).valid_from > watermark_) return;
    versions_.pop_front(head);
  }
}

Result<Progress> AsOfJoin::fire(int64_t watermark, int64_t now, Output& out) {
  for (int emitted = 0; emitted < kBatchesInOneCall; ++emitted) {
    if (!chunk_.has_value()) {
      if (waiting_.first_time() >= watermark) {
        watermark_ = std::max(watermark_, watermark);
        if (watermark == kMaxTime) versions_.erase_all();
        return Progress::kDone;
      }
      RecordBatch rows = waiting_.take_before(watermark, kBatchRows);
      if (rows.rows == 0) return Progress::kMore;
      chunk_ = std::move(rows);
    }
    hash(kLeftPort, *chunk_);
    const Readiness ready = versions_.prefetch(keys_of(kLeftPort, *chunk_), chunk_->selection());
    if (ready == Readiness::kPending) return Progress::kMore;
    TRY(answer(*chunk_, now, out));
    chunk_.reset();
    hashed_ = false;
  }
  return Progress::kMore;
}

Status AsOfJoin::answer(const RecordBatch& rows, int64_t now, Output& out) {
  const int64_t* times = rows.columns[spec_.left.time]->values<int64_t>();
  std::vector<RowId> heads(rows.rows);
  versions_.heads().find(keys_of(kLeftPort, rows), Selection(rows.rows), heads.data());
  std::vector<uint32_t> found;
  std::vector<RowId> versions;
  for (uint32_t row = 0; row < rows.rows; ++row) {
    if (heads[row] == kNoRow) continue;
    const bool has_null = std::any_of(spec_.left.keys.begin(), spec_.left.keys.end(),
                                      [&](size_t key) { return rows.columns[key]->is_null(row); });
    RowId version = has_null ? kNoRow : versions_.last(heads[row]);
    while (version != kNoRow && place_of(version).valid_from > times[row]) {
      version = versions_.prev(version);
    }
    if (version == kNoRow) continue;
    found.push_back(row);
    versions.push_back(version);
  }
  std::vector<bool> matched(rows.rows, false);
  if (!found.empty()) {
    RecordBatch pairs = joined_.begin(found.size());
    joined_.set(pairs, kLeftPort, rows, found.data());
    joined_.set(pairs, kRightPort, versions_.entries(), versions.data());
    RecordBatch matching = TRY(joined_.matching(std::move(pairs), now, out));
    matching.selection().each([&](uint32_t i) { matched[found[i]] = true; });
    if (matching.size() != 0) joined_.emit(std::move(matching), counters_, out);
  }
  RowIndices lone;
  for (uint32_t row = 0; row < rows.rows; ++row) {
    if (!matched[row]) lone.push_back(row);
  }
  joined_.emit_lone(rows, lone, kLeftPort, counters_, out);
  return {};
}

}  // namespace weir
