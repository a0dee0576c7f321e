#include "state/task_state.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace weir {
TaskState::TaskState(uint32_t key_groups, KeyGroupRange range, std::unique_ptr<Residency> residency)
    : owned_{key_groups, range}, residency_(std::move(residency)) {
  CHECK(range.first <= range.last);
  CHECK(range.last < key_groups);
}

template <typename Table, typename Spec>
Table& TaskState::declare(const Spec& spec) {
  std::unique_ptr<StateTable>& table = tables_[spec.name];
  if (table == nullptr) {
    table = std::make_unique<Table>(spec, *residency_);
    residency_->declared(*table);
  }
  auto* declared = dynamic_cast<Table*>(table.get());
  CHECK(declared != nullptr);
  CHECK(declared->spec() == spec);
  return *declared;
}

SlicedTable& TaskState::sliced(const TableSpec& spec) { return declare<SlicedTable>(spec); }
UnslicedTable& TaskState::keyed(const TableSpec& spec) { return declare<UnslicedTable>(spec); }
KeyedLists& TaskState::lists(const ListsSpec& spec) { return declare<KeyedLists>(spec); }
WaitingRows& TaskState::waiting(const WaitingSpec& spec) { return declare<WaitingRows>(spec); }

std::map<std::string, std::string> TaskState::signatures() const {
  std::map<std::string, std::string> signatures;
  for (const auto& [name, table] : tables_) signatures.emplace(name, table->signature());
  return signatures;
}

int64_t& TaskState::clock(const std::string& step) {
  return clocks_.try_emplace(step, std::numeric_limits<int64_t>::min()).first->second;
}

size_t TaskState::bytes() const {
  size_t sum = 0;
  for (const auto& [name, table] : tables_) sum += table->bytes();
  return sum;
}

Result<FrozenState> TaskState::freeze(Freeze what, FrozenMemory memory) {
  std::optional<WarmCut> warm = TRY(residency_->cut());
  FrozenState frozen{.what = what,
                     .memory = std::move(memory),
                     .tables = {},
                     .splits = splits_,
                     .clocks = clocks_,
                     .warm = std::move(warm)};
  for (const auto& [name, table] : tables_) {
    FrozenTable& out = frozen.tables.emplace_back();
    out.name = name;
    out.kind = table->kind();
    table->freeze(what, frozen.memory, out);
  }
  return frozen;
}

Status TaskState::restore(const StateImage& image) {
  for (const auto& [name, table] : image.tables()) {
    const auto found = tables_.find(name);
    if (found == tables_.end()) continue;
    if (found->second->kind() != table.kind) {
      return corrupt(fmt::format("a saved table is of another kind: table={} kind={}", name,
                                 static_cast<int>(table.kind)));
    }
    TRY(found->second->read(table, owned_));
  }
  for (const auto& [name, split] : image.splits()) splits_.insert_or_assign(name, split);
  for (const auto& [step, told] : image.clocks()) {
    int64_t& own = clock(step);
    own = std::max(own, told);
  }
  return {};
}

}  // namespace weir
