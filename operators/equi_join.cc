#include "operators/equi_join.h"

#include "engine/time/watermark.h"

#include <algorithm>
#include <numeric>

namespace weir {
namespace {

// Keys that one call of process drops before it gives way.
constexpr size_t kKeysInOneCall = 64 << 10;

JoinSide side_of(const EquiSide& side) {
  return {.columns = side.columns, .keys = side.keys, .time = 0};
}

JoinShape shape_of(const EquiJoinSpec& spec) {
  return {.type = spec.type,
          .left = side_of(spec.left),
          .right = side_of(spec.right),
          .condition = spec.condition};
}

// The stage with the input of one of its sides.
StagePlan stage_of(const StagePlan& stage, const EquiSide& side) {
  StagePlan copy = stage;
  copy.input = std::make_shared<const Schema>(Schema{side.columns});
  return copy;
}

}  // namespace

EquiJoin::EquiJoin(const EquiJoinSpec& spec, const StagePlan& stage, TaskState& state,
                   const SplitNames& names)
    : joined_(shape_of(spec), stage.id, stage.outputs[0].schema, stage.outputs[0].needed, true,
              names),
      left_(make_side(kLeftPort, stage_of(stage, spec.left), state, stage.id + ".left")),
      right_(make_side(kRightPort, stage_of(stage, spec.right), state, stage.id + ".right")) {}

EquiJoin::Side EquiJoin::make_side(Port port, const StagePlan& stage, TaskState& state,
                                   const std::string& name) const {
  Side made{.life = KeyLife(stage)};
  made.outer = joined_.is_outer(port);
  ListsSpec spec{.name = name,
                 .key = {},
                 .head = {},
                 .entry = joined_.kept_types(port),
                 .with_timer = made.life.ends()};
  for (const size_t key : joined_.side(port).keys) {
    spec.key.push_back(joined_.side(port).columns[key].type);
  }
  made.partners = spec.entry.size();
  spec.entry.emplace_back(TypeKind::kBigint);
  made.lists = &state.lists(spec);
  return made;
}

void EquiJoin::split(Port port, const RecordBatch& batch) {
  if (split_done_) return;
  split_done_ = true;
  std::vector<const Column*> keys;
  for (const size_t key : joined_.side(port).keys) keys.push_back(batch.columns[key].get());
  batch.selection().each([&](uint32_t row) {
    const bool is_lone = std::any_of(keys.begin(), keys.end(),
                                     [row](const Column* key) { return key->is_null(row); });
    (is_lone ? lone_ : rows_).push_back(row);
  });
  hashes_.assign(rows_.size(), 0);
  if (!keys.empty()) hash_rows(keys, {rows_.data(), rows_.size()}, hashes_.data());
}

KeyBatch EquiJoin::keys_of(Port port, const RecordBatch& batch) const {
  KeyBatch keys{.columns = {}, .hashes = hashes_.data()};
  for (const size_t key : joined_.side(port).keys) keys.columns.push_back(batch.columns[key].get());
  return keys;
}

Readiness EquiJoin::prefetch(Port port, const Element& element) {
  Readiness left = Readiness::kReady;
  Readiness right = Readiness::kReady;
  if (const RecordBatch* batch = std::get_if<RecordBatch>(&element)) {
    split(port, *batch);
    if (rows_.empty()) return Readiness::kReady;
    const Selection rows(rows_.data(), rows_.size());
    left = left_.lists->prefetch(keys_of(port, *batch), rows);
    right = right_.lists->prefetch(keys_of(port, *batch), rows);
  } else if (const Watermark* watermark = std::get_if<Watermark>(&element)) {
    left = left_.life.prefetch(*left_.lists, watermark->time);
    right = right_.life.prefetch(*right_.lists, watermark->time);
  }
  const bool ready = left == Readiness::kReady && right == Readiness::kReady;
  return ready ? Readiness::kReady : Readiness::kPending;
}

Result<Progress> EquiJoin::process(Port port, const Element& element, int64_t now, Output& out) {
  if (const Watermark* watermark = std::get_if<Watermark>(&element)) {
    const bool more_left = left_.life.erase(*left_.lists, watermark->time, kKeysInOneCall);
    const bool more_right = right_.life.erase(*right_.lists, watermark->time, kKeysInOneCall);
    return more_left || more_right ? Progress::kMore : Progress::kDone;
  }
  left_.life.set_clock(now);
  right_.life.set_clock(now);
  const RecordBatch* batch = std::get_if<RecordBatch>(&element);
  return batch == nullptr ? Progress::kDone : take_in(port, *batch, now, out);
}

Result<Progress> EquiJoin::take_in(Port port, const RecordBatch& batch, int64_t now, Output& out) {
  split(port, batch);
  counters_.rows_in += batch.size();
  counters_.accepted += batch.size();
  if (side(port).outer) {
    for (const uint32_t row : lone_) {
      events_.push_back(
          {.row = row,
           .other = kNoRow,
           .other_alone = false,
           .change = takes_back(batch, row) ? ChangeKind::kDelete : ChangeKind::kInsert});
    }
  }
  if (!rows_.empty()) {
    TRY(find_pairs(port, batch, now, out));
    update_side(port, batch);
  }
  emit_events(port, batch, out);
  rows_.clear();
  lone_.clear();
  hashes_.clear();
  events_.clear();
  matches_.clear();
  split_done_ = false;
  return Progress::kDone;
}

// The other side does not change with this one, but for how many partners its rows have: pairs of
// several rows can be looked at together, in the order of the rows.
Status EquiJoin::find_pairs(Port port, const RecordBatch& batch, int64_t now, Output& out) {
  Side& other = side(other_side(port));
  std::vector<RowId> heads(rows_.size());
  other.lists->heads().find(keys_of(port, batch), {rows_.data(), rows_.size()}, heads.data());
  matches_.assign(rows_.size(), 0);
  // Which rows have been decided: a row without pairs is, as soon as those before it are.
  size_t decided = 0;
  const auto decide_until = [&](size_t end) {
    for (; decided < end; ++decided) {
      if (matches_[decided] > 0 || !side(port).outer) continue;
      const uint32_t row = rows_[decided];
      events_.push_back(
          {.row = row,
           .other = kNoRow,
           .other_alone = false,
           .change = takes_back(batch, row) ? ChangeKind::kDelete : ChangeKind::kInsert});
    }
  };
  for (uint32_t i = 0; i < rows_.size(); ++i) {
    RowId entry = heads[i] == kNoRow ? kNoRow : other.lists->first(heads[i]);
    for (; entry != kNoRow; entry = other.lists->next(entry)) {
      pair_places_.push_back(i);
      pair_rows_.push_back(rows_[i]);
      pair_others_.push_back(entry);
      if (pair_rows_.size() == kBatchRows) TRY(keep_matching(port, batch, now, out));
    }
    // What a row without partners gives stands between the pairs of its neighbours.
    if (side(port).outer) {
      TRY(keep_matching(port, batch, now, out));
      decide_until(i + 1);
    }
  }
  return keep_matching(port, batch, now, out);
}

Status EquiJoin::keep_matching(Port port, const RecordBatch& batch, int64_t now, Output& out) {
  if (pair_rows_.empty()) return {};
  RecordBatch pairs = joined_.begin(pair_rows_.size());
  joined_.set(pairs, port, batch, pair_rows_.data());
  joined_.set(pairs, other_side(port), side(other_side(port)).lists->entries(),
              pair_others_.data());
  const RecordBatch matching = TRY(joined_.matching(std::move(pairs), now, out));
  matching.selection().each([&](uint32_t i) {
    ++matches_[pair_places_[i]];
    add_pair(port, pair_rows_[i], pair_others_[i], takes_back(batch, pair_rows_[i]));
  });
  pair_places_.clear();
  pair_rows_.clear();
  pair_others_.clear();
  return {};
}

// A row of an outer side is alone until its first partner comes, and again when its last goes.
void EquiJoin::add_pair(Port port, uint32_t row, RowId other, bool gone) {
  Side& partner = side(other_side(port));
  const Event alone{.row = row, .other = other, .other_alone = true, .change = {}};
  int64_t count = 0;
  if (partner.outer) {
    count = partners(partner, other) + (gone ? -1 : 1);
    set_partners(partner, other, count);
  }
  if (partner.outer && !gone && count == 1) {
    events_.push_back(alone);
    events_.back().change = ChangeKind::kDelete;
  }
  events_.push_back({.row = row,
                     .other = other,
                     .other_alone = false,
                     .change = gone ? ChangeKind::kDelete : ChangeKind::kInsert});
  if (partner.outer && gone && count == 0) {
    events_.push_back(alone);
    events_.back().change = ChangeKind::kInsert;
  }
}

void EquiJoin::touch(Side& side, RowId head, const RecordBatch& batch, uint32_t row) {
  const KeyLife& life = side.life;
  if (!life.ends()) return;
  KeyedLists& lists = *side.lists;
  if (lists.timers().touch(head, life.used_at(batch, row), life.ttl())) {
    while (lists.first(head) != kNoRow) lists.pop_front(head);
  }
}

void EquiJoin::update_side(Port port, const RecordBatch& batch) {
  Side& own = side(port);
  KeyedLists& lists = *own.lists;
  std::vector<RowId> heads(rows_.size());
  lists.heads().find_or_insert(keys_of(port, batch), {rows_.data(), rows_.size()}, heads.data());
  std::vector<const Column*> columns;
  for (const size_t column : joined_.kept(port)) columns.push_back(batch.columns[column].get());
  std::vector<RowId> emptied;
  for (size_t i = 0; i < rows_.size(); ++i) {
    touch(own, heads[i], batch, rows_[i]);
    if (!takes_back(batch, rows_[i])) {
      const RowId entry = lists.insert(heads[i], 0);
      for (size_t k = 0; k < columns.size(); ++k) {
        lists.entries().write(entry, k, *columns[k], rows_[i]);
      }
      set_partners(own, entry, matches_[i]);
      continue;
    }
    RowId entry = lists.last(heads[i]);
    const auto same = [&](RowId candidate) {
      for (size_t k = 0; k < columns.size(); ++k) {
        ColumnWriter writer(lists.entries().layout().type(k), 1);
        lists.entries().append_to(writer, candidate, k);
        if (!same_value(*std::move(writer).finish(), 0, *columns[k], rows_[i])) return false;
      }
      return true;
    };
    while (entry != kNoRow && !same(entry)) entry = lists.prev(entry);
    if (entry != kNoRow) lists.erase(heads[i], entry);
    emptied.push_back(heads[i]);
  }
  std::sort(emptied.begin(), emptied.end());
  emptied.erase(std::unique(emptied.begin(), emptied.end()), emptied.end());
  for (const RowId head : emptied) {
    if (lists.size(head) == 0) lists.erase_head(head);
  }
}

int64_t EquiJoin::partners(const Side& side, RowId entry) const {
  const KeyedTable& entries = side.lists->entries();
  return load<int64_t>(entries.row(entry) + entries.layout().offset(side.partners));
}

void EquiJoin::set_partners(Side& side, RowId entry, int64_t count) {
  KeyedTable& entries = side.lists->entries();
  std::byte* row = entries.change(entry);
  entries.layout().clear_null(row, side.partners);
  store(row + entries.layout().offset(side.partners), count);
}

void EquiJoin::emit_events(Port port, const RecordBatch& batch, Output& out) {
  const auto shape = [](const Event& event) {
    return event.other_alone ? 2 : event.other == kNoRow ? 1 : 0;
  };
  for (size_t from = 0; from < events_.size();) {
    size_t to = from + 1;
    while (to < events_.size() && to - from < kBatchRows &&
           shape(events_[to]) == shape(events_[from])) {
      ++to;
    }
    emit_run(port, batch, from, to, out);
    from = to;
  }
}

void EquiJoin::emit_run(Port port, const RecordBatch& batch, size_t from, size_t to, Output& out) {
  std::vector<uint32_t> rows;
  std::vector<RowId> others;
  std::vector<ChangeKind> changes;
  for (size_t i = from; i < to; ++i) {
    rows.push_back(events_[i].row);
    others.push_back(events_[i].other);
    changes.push_back(events_[i].change);
  }
  RecordBatch joined = joined_.begin(rows.size());
  if (events_[from].other_alone) {
    joined_.set_missing(joined, port);
  } else {
    joined_.set(joined, port, batch, rows.data());
  }
  if (events_[from].other == kNoRow) {
    joined_.set_missing(joined, other_side(port));
  } else {
    joined_.set(joined, other_side(port), side(other_side(port)).lists->entries(), others.data());
  }
  joined.change = change_column(changes);
  joined_.emit(std::move(joined), counters_, out);
}

}  // namespace weir
