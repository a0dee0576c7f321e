#include "state/state_image.h"

#include <fmt/format.h>

#include <utility>

namespace weir {
namespace {

constexpr size_t kItemHead = sizeof(RowId) + sizeof(uint64_t);

}  // namespace

const char StateImage::Store::kGone[] = "";

StateImage::Row StateImage::Store::row_at(RowId id) const {
  const char* at = items_[id];
  uint32_t length;
  uint64_t hash;
  std::memcpy(&length, at, sizeof length);
  at += sizeof length + sizeof id;
  std::memcpy(&hash, at, sizeof hash);
  return {id, hash, {at + sizeof hash, length - kItemHead}};
}

const StateImage::Store* StateImage::Table::store(StoreId id) const {
  const auto found = stores.find(id);
  return found == stores.end() ? nullptr : &found->second;
}

Status StateImage::add(ObjectBytes file) {
  const bool is_first = files_.empty();
  const std::string_view bytes = files_.emplace_back(std::move(file)).view();
  ByteReader in(bytes);
  const uint32_t magic = TRY(in.get<uint32_t>());
  if (magic != kStateFileMagic) {
    return corrupt(fmt::format("not a file of a state: bytes={}", bytes.size()));
  }
  const uint8_t whole = TRY(in.get<uint8_t>());
  if (is_first && whole == 0 && what_ == Freeze::kWhole) {
    return corrupt("the first file of a state has changes only, not what they change");
  }
  if (whole != 0 && what_ == Freeze::kChanges) {
    return corrupt("a file of a whole state stands among changes");
  }
  if (whole != 0) tables_.clear();
  const uint32_t tables = TRY(in.get<uint32_t>());
  for (uint32_t i = 0; i < tables; ++i) TRY(add_table(in));
  TRY(add_splits(in));
  TRY(add_clocks(in));
  if (in.left() == 0) return {};
  return corrupt(fmt::format("a file of a state has bytes behind its end: bytes={}", in.left()));
}

Status StateImage::add_table(ByteReader& in) {
  const std::string_view name = TRY(in.get_sized());
  const TableKind kind = TRY(in.get<TableKind>());
  const auto [at, is_new] = tables_.try_emplace(std::string(name), Table{.kind = kind});
  Table& table = at->second;
  if (table.kind != kind) {
    return corrupt(fmt::format("table changes its kind between files of a state: table={}", name));
  }
  table.head = TRY(in.get_sized());
  const uint32_t stores = TRY(in.get<uint32_t>());
  for (uint32_t i = 0; i < stores; ++i) {
    StoreId id;
    id.end = TRY(in.get<int64_t>());
    id.first = TRY(in.get<int64_t>());
    const uint8_t anew = TRY(in.get<uint8_t>());
    Store& store = table.stores[id];
    if (anew != 0) {
      store.items_.clear();
      store.anew_ = true;
    }
    TRY(add_rows(in, store));
  }
  return {};
}

Status StateImage::add_rows(ByteReader& in, Store& store) {
  const RowId ids_end = TRY(in.get<RowId>());
  if (ids_end > store.items_.size()) store.items_.resize(ids_end, nullptr);
  const uint32_t gone = TRY(in.get<uint32_t>());
  for (uint32_t i = 0; i < gone; ++i) {
    const RowId id = TRY(in.get<RowId>());
    if (id >= ids_end) return corrupt("a file of a state has an id that is too high");
    store.items_[id] = Store::kGone;
  }
  const uint32_t items = TRY(in.get<uint32_t>());
  for (uint32_t i = 0; i < items; ++i) {
    const std::string_view item = TRY(in.get_sized());
    if (item.size() < kItemHead) return corrupt("a file of a state has a row that is too short");
    RowId id;
    std::memcpy(&id, item.data(), sizeof id);
    if (id >= ids_end) return corrupt("a file of a state has an id that is too high");
    store.items_[id] = item.data() - sizeof(uint32_t);
  }
  return {};
}

void StateImage::Store::encode(ByteWriter& out) const {
  uint32_t gone = 0;
  uint32_t rows = 0;
  for (RowId id = 0; id < ids_end(); ++id) {
    if (items_[id] != nullptr) has(id) ? ++rows : ++gone;
  }
  out.put(ids_end());
  out.put(gone);
  for (RowId id = 0; id < ids_end(); ++id) {
    if (items_[id] == kGone) out.put(id);
  }
  out.put(rows);
  for (RowId id = 0; id < ids_end(); ++id) {
    if (!has(id)) continue;
    const Row row = row_at(id);
    out.put_bytes({items_[id], static_cast<size_t>(row.rest.end() - items_[id])});
  }
}

std::string StateImage::encode() const {
  StateFileWriter file(what_);
  file.put_count(tables_.size());
  for (const auto& [name, table] : tables_) {
    file.put_table({name, table.kind, table.head}, table.stores.size());
    for (const auto& [id, store] : table.stores) {
      file.put_store(id, store.anew_);
      store.encode(file.out());
    }
  }
  return std::move(file).finish(splits_, clocks_);
}

Status StateImage::add_splits(ByteReader& in) {
  splits_.clear();
  const uint32_t splits = TRY(in.get<uint32_t>());
  for (uint32_t i = 0; i < splits; ++i) {
    const std::string_view name = TRY(in.get_sized());
    SplitState& split = splits_[std::string(name)];
    split.position = TRY(in.get_sized());
    split.highest_event_time = TRY(in.get<int64_t>());
    const uint8_t finished = TRY(in.get<uint8_t>());
    split.finished = finished != 0;
  }
  return {};
}

Status StateImage::add_clocks(ByteReader& in) {
  clocks_.clear();
  const uint32_t clocks = TRY(in.get<uint32_t>());
  for (uint32_t i = 0; i < clocks; ++i) {
    const std::string_view step = TRY(in.get_sized());
    clocks_[std::string(step)] = TRY(in.get<int64_t>());
  }
  return {};
}

}  // namespace weir
