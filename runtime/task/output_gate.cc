#include "runtime/task/output_gate.h"

#include <utility>

namespace weir {

OutputGate::OutputGate(const EdgePlan& edge, size_t edge_index, uint32_t instance,
                       uint32_t key_groups)
    : distribution_(edge.distribution),
      edge_index_(edge_index),
      instance_(instance),
      key_groups_(key_groups),
      turn_(instance) {}

void OutputGate::add_channel(std::shared_ptr<Channel> channel) {
  lanes_.push_back({.channel = std::move(channel), .kept_back = {}});
  rows_by_lane_.emplace_back();
}

void OutputGate::send(RecordBatch batch) {
  batch = compact_if_sparse(std::move(batch));
  switch (distribution_.kind) {
    case DistributionKind::kForward:
      return push(lanes_[instance_ % lanes_.size()], std::move(batch));
    case DistributionKind::kHash: return send_by_hash(std::move(batch));
    case DistributionKind::kRebalance:
      turn_ = (turn_ + 1) % lanes_.size();
      return push(lanes_[turn_], std::move(batch));
    case DistributionKind::kBroadcast:
      for (Lane& lane : lanes_) push(lane, RecordBatch(batch));
      return;
  }
  unreachable();
}

void OutputGate::send_by_hash(RecordBatch batch) {
  const uint32_t tasks = static_cast<uint32_t>(lanes_.size());
  if (distribution_.columns.empty()) {  // One group of all rows: key group 0.
    return push(lanes_[0], std::move(batch));
  }
  std::vector<const Column*> keys;
  for (const size_t column : distribution_.columns) keys.push_back(batch.columns[column].get());
  const Selection selection = batch.selection();
  hashes_.resize(selection.size());
  hash_rows(keys, selection, hashes_.data());
  for (RowIndices& rows : rows_by_lane_) rows.clear();
  size_t i = 0;
  selection.each([&](uint32_t row) {
    const uint32_t group = key_group_of(hashes_[i++], key_groups_);
    rows_by_lane_[task_of_key_group(key_groups_, tasks, group)].push_back(row);
  });
  for (size_t lane = 0; lane < lanes_.size(); ++lane) {
    if (rows_by_lane_[lane].empty()) continue;
    RecordBatch part = with_selection(batch, std::exchange(rows_by_lane_[lane], {}));
    push(lanes_[lane], compact_if_sparse(std::move(part)));
  }
}

void OutputGate::send_mark(const Element& mark) {
  for (Lane& lane : lanes_) push(lane, mark);
}

void OutputGate::push(Lane& lane, Element element) {
  if (const auto* batch = std::get_if<RecordBatch>(&element)) rows_sent_ += batch->size();
  if (!lane.kept_back.empty() || !lane.channel->push(element)) {
    lane.kept_back.push_back(std::move(element));
  }
}

bool OutputGate::has_room() {
  bool room = true;
  for (Lane& lane : lanes_) {
    while (!lane.kept_back.empty() && lane.channel->push(lane.kept_back.front())) {
      lane.kept_back.pop_front();
    }
    room = room && lane.kept_back.empty();
  }
  return room;
}

}  // namespace weir
