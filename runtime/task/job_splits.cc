// The part of JobTasks that finds splits, numbers them and opens their readers.
#include "runtime/task/job_tasks.h"

#include <fmt/format.h>

#include <algorithm>

namespace weir {

Result<std::vector<JobSplit>> JobTasks::discover(const ConnectorFactory& connectors, int64_t now) {
  std::vector<JobSplit> found;
  for (size_t chain = 0; chain < plan_.chains.size(); ++chain) {
    const StagePlan& stage = plan_.chains[chain].stages[0];
    const auto* spec = std::get_if<SourceSpec>(&stage.spec);
    if (spec == nullptr || !placement_.is_here(first_tasks_[chain])) continue;
    Discovery& discovery = discoveries_.emplace_back();
    discovery.source = TRY(connectors.source(*spec, row_shape(*spec, stage)));
    discovery.table = spec->table;
    discovery.step = stage.id;
    discovery.readers = plan_.chains[chain].parallelism;
    std::vector<JobSplit> splits = TRY(look_for_splits(discovery, true, now));
    std::move(splits.begin(), splits.end(), std::back_inserter(found));
  }
  return found;
}

Result<std::vector<JobSplit>> JobTasks::look_for_splits(Discovery& discovery, bool at_start,
                                                        int64_t now) {
  const Result<std::vector<Split>> splits = discovery.source->discover();
  if (!splits.ok()) return about_table(discovery.table, splits.error());
  std::vector<JobSplit> found;
  for (const Split& split : *splits) {
    const auto number = static_cast<uint32_t>(discovery.found.size());
    if (!discovery.found.insert(split.name).second) continue;
    found.push_back({.step = discovery.step,
                     .name = split.name,
                     .source = split.source,
                     .number = split.number,
                     .reader = number % discovery.readers,
                     .at_start = at_start});
  }
  discovery.next_at = now + discovery.source->rediscover_every().value_or(0);
  return found;
}

Result<std::vector<JobSplit>> JobTasks::find_new_splits(int64_t now) {
  std::vector<JobSplit> found;
  for (Discovery& discovery : discoveries_) {
    if (!discovery.source->rediscover_every().has_value() || discovery.next_at > now) continue;
    std::vector<JobSplit> splits = TRY(look_for_splits(discovery, false, now));
    std::move(splits.begin(), splits.end(), std::back_inserter(found));
  }
  return found;
}

bool JobTasks::rediscovers() const {
  return std::any_of(discoveries_.begin(), discoveries_.end(),
                     [](const Discovery& d) { return d.source->rediscover_every().has_value(); });
}

bool JobTasks::is_bounded() const {
  return std::all_of(here_.begin(), here_.end(), [](const auto& entry) {
    return entry.second->source() == nullptr || entry.second->source()->source().is_bounded();
  });
}

void JobTasks::know_splits(const std::vector<JobSplit>& splits) {
  for (const JobSplit& split : splits) {
    const SplitId id = splits_.add({.source = split.source, .part = split.name});
    CHECK(id.value() == known_.size());
    known_.push_back(split);
  }
}

// Null where it is read elsewhere.
Task* JobTasks::reader_of(const JobSplit& split) const {
  for (size_t chain = 0; chain < plan_.chains.size(); ++chain) {
    if (plan_.chains[chain].stages[0].id != split.step) continue;
    return tasks_[chain][split.reader % tasks_[chain].size()].get();
  }
  return nullptr;
}

Status JobTasks::read_splits(uint64_t known) {
  CHECK(known <= known_.size());
  const bool at_start = !std::exchange(opens_, true);
  for (; opened_ < known; ++opened_) {
    Task* task = reader_of(known_[opened_]);
    if (task == nullptr) continue;
    TRY(open_split(known_[opened_], SplitId(static_cast<uint32_t>(opened_)), *task));
  }
  if (!at_start) return {};
  for (size_t chain = 0; chain < plan_.chains.size(); ++chain) TRY(check_splits(chain));
  for (const auto& [id, task] : here_) {
    SourceStage* stage = task->source();
    if (stage == nullptr || stage->source().rediscover_every().has_value()) continue;
    stage->close_splits();
  }
  return {};
}

Status JobTasks::open_split(const JobSplit& known, SplitId id, Task& task) {
  SourceStage& stage = *task.source();
  const SplitState* restored = restored_split(known.step, known.name);
  if (restored != nullptr && known.at_start) task.state().splits()[known.name] = *restored;
  if (restored != nullptr && restored->finished) return {};
  const bool was_read = restored_splits_.contains(known.step);
  const bool is_new = restored == nullptr && (!known.at_start || was_read);
  Split split{.name = known.name, .source = known.source, .number = known.number, .id = id};
  std::unique_ptr<SplitReader> reader =
      TRY(stage.source().open(split, restored == nullptr ? nullptr : &restored->position, is_new));
  stage.add_split({.split = std::move(split), .reader = std::move(reader)});
  return {};
}

const SplitState* JobTasks::restored_split(const std::string& step,
                                           const std::string& split) const {
  const auto splits = restored_splits_.find(step);
  if (splits == restored_splits_.end()) return nullptr;
  const auto found = splits->second.find(split);
  return found == splits->second.end() ? nullptr : &found->second;
}

// What was being read must still be there. What was read to its end may be gone, but is not
// forgotten: the first reader remembers it.
Status JobTasks::check_splits(size_t chain) const {
  const StagePlan& stage = plan_.chains[chain].stages[0];
  const auto* spec = std::get_if<SourceSpec>(&stage.spec);
  const auto splits = restored_splits_.find(stage.id);
  if (spec == nullptr || splits == restored_splits_.end()) return {};
  Task* first = tasks_[chain][0].get();
  if (first == nullptr) return {};
  for (const auto& [name, split] : splits->second) {
    const bool is_there = std::any_of(known_.begin(), known_.end(), [&](const JobSplit& known) {
      return known.step == stage.id && known.name == name;
    });
    if (is_there) continue;
    if (split.finished) {
      first->state().splits()[name] = split;
      continue;
    }
    return user_error(
        fmt::format("table {}: {} is gone, of which rows are still to be read: bring it back, or "
                    "begin afresh with another state folder",
                    spec->table, name));
  }
  return {};
}

}  // namespace weir
