// Of the rows that are shown one after the other, those that can be among the first by a rank
// function: as many as the limit and their ties, never all of them.
//
// Owned by an operator and used by its thread; empty between elements.
#pragma once

#include "engine/plan/first_rows.h"
#include "state/keyed_table.h"

#include <cstdint>
#include <vector>

namespace weir {

class FirstRowsFinder {
 public:
  FirstRowsFinder(RankFunction function, size_t limit);

  // `prefixes` are never greater for the earlier of two rows (RowOrder).
  void add(const RowId* rows, const uint64_t* prefixes, size_t count);
  // The rows that are left, in the order in which they were shown; forgets them.
  std::vector<RowId> take();

 private:
  struct Candidate {
    uint64_t prefix;
    RowId row;
  };

  bool is_full() const { return best_.size() == limit_; }
  void enter(uint64_t prefix);
  void drop_surpassed();

  const bool ties_count_once_;  // dense_rank: peers take one place.
  const size_t limit_;
  std::vector<uint64_t> best_;  // The first of all prefixes, in order, `limit_` at the most.
  std::vector<Candidate> candidates_;
  size_t looked_through_ = 0;  // How many were left when they were last.
};

}  // namespace weir
