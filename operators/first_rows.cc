#include "operators/first_rows.h"

#include "engine/base/check.h"

#include <algorithm>
#include <utility>

namespace weir {
namespace {

// Candidates that may pile up before those that were surpassed are dropped.
constexpr size_t kSurpassedMax = 4096;

}  // namespace

FirstRowsFinder::FirstRowsFinder(RankFunction function, size_t limit)
    : ties_count_once_(function == RankFunction::kDenseRank), limit_(limit) {
  CHECK(limit > 0);
}

// A row is out for certain once `limit` rows (of dense_rank: values) are strictly before it.
void FirstRowsFinder::add(const RowId* rows, const uint64_t* prefixes, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    if (is_full() && prefixes[i] > best_.back()) continue;
    candidates_.push_back({prefixes[i], rows[i]});
    enter(prefixes[i]);
  }
  if (candidates_.size() > 2 * looked_through_ + kSurpassedMax) drop_surpassed();
}

void FirstRowsFinder::enter(uint64_t prefix) {
  const auto place = std::lower_bound(best_.begin(), best_.end(), prefix);
  const bool is_there = place != best_.end() && *place == prefix;
  if ((ties_count_once_ && is_there) || (is_full() && place == best_.end())) return;
  best_.insert(place, prefix);
  if (best_.size() > limit_) best_.pop_back();
}

void FirstRowsFinder::drop_surpassed() {
  if (is_full()) {
    std::erase_if(candidates_, [&](const Candidate& row) { return row.prefix > best_.back(); });
  }
  looked_through_ = candidates_.size();
}

std::vector<RowId> FirstRowsFinder::take() {
  drop_surpassed();
  std::vector<RowId> rows;
  for (const Candidate& candidate : candidates_) rows.push_back(candidate.row);
  candidates_.clear();
  best_.clear();
  looked_through_ = 0;
  return rows;
}

}  // namespace weir
