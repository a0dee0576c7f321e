// Where a task's rows leave it over one edge: a channel to each task at the other end, and the rule
// that says which row goes where. Marks (watermarks, barriers, the end) go to every channel.
#pragma once

#include "engine/data/key_group.h"
#include "engine/plan/plan.h"
#include "runtime/task/channel.h"

#include <deque>
#include <memory>
#include <vector>

namespace weir {

class OutputGate {
 public:
  // `instance`: number of the task that owns the gate within its chain; `key_groups`: of the job.
  OutputGate(const EdgePlan& edge, size_t edge_index, uint32_t instance, uint32_t key_groups);

  void add_channel(std::shared_ptr<Channel> channel);

  void send(RecordBatch batch);
  void send_mark(const Element& mark);

  // Tries to push what was kept back; true if nothing is. A task works only while this holds.
  bool has_room();

  size_t edge() const { return edge_index_; }
  uint64_t rows_sent() const { return rows_sent_; }

 private:
  struct Lane {
    std::shared_ptr<Channel> channel;
    std::deque<Element> kept_back;
  };

  void push(Lane& lane, Element element);
  void send_by_hash(RecordBatch batch);

  const Distribution distribution_;
  const size_t edge_index_;
  const uint32_t instance_;
  const uint32_t key_groups_;
  std::vector<Lane> lanes_;
  size_t turn_ = 0;
  uint64_t rows_sent_ = 0;

  // Scratch.
  std::vector<uint64_t> hashes_;
  std::vector<RowIndices> rows_by_lane_;
};

}  // namespace weir
