#include "tests/engine/protocol/lane.h"

#include "engine/base/check.h"

#include <fmt/format.h>

namespace weir {

void put(std::string& key, uint64_t value) {
  for (; value >= 0x80; value >>= 7) key.push_back(static_cast<char>(value | 0x80));
  key.push_back(static_cast<char>(value));
}

void put(std::string& key, CheckpointId id) {
  put(key, id.generation.value());
  put(key, id.epoch.value());
}

void put(std::string& key, const Sealed& sealed) {
  put(key, sealed.id);
  put(key, sealed.rows.size());
  for (const OutputRow& row : sealed.rows) put(key, row.key * 1000 + row.count);
}

void Lane::abort() {
  pending_.clear();
  pending_marker_.reset();
}

int Lane::init() {
  CHECK(may_init());
  abort();
  state_ = State::kEmpty;
  return ++epoch_;
}

Lane::Answer Lane::open(int epoch) {
  if (epoch != epoch_) return Answer::kFenced;
  if (state_ == State::kPrepare) return Answer::kAgain;
  state_ = State::kOngoing;
  return Answer::kDone;
}

Lane::Answer Lane::send(int epoch, const Sealed& segment) {
  const Answer answer = open(epoch);
  if (answer == Answer::kDone) pending_.push_back(segment);
  return answer;
}

Lane::Answer Lane::send_marker(int epoch, CheckpointId marker) {
  const Answer answer = open(epoch);
  if (answer == Answer::kDone) pending_marker_ = marker;
  return answer;
}

Lane::Answer Lane::end(int epoch) {
  if (epoch != epoch_) return Answer::kFenced;
  switch (state_) {
    case State::kOngoing: state_ = State::kPrepare; return Answer::kDone;
    case State::kPrepare: return Answer::kAgain;
    case State::kComplete: return Answer::kDone;
    case State::kEmpty:
    case State::kAborted: return Answer::kInvalid;
  }
  unreachable();
}

void Lane::time_out() {
  CHECK(state_ == State::kOngoing);
  abort();
  state_ = State::kAborted;
  ++epoch_;
}

Lane::Visible Lane::complete() {
  CHECK(state_ == State::kPrepare);
  finish();
  Visible visible;
  for (const Sealed& sealed : pending_) {
    visible.rows.insert(visible.rows.end(), sealed.rows.begin(), sealed.rows.end());
  }
  if (!pending_marker_.has_value()) {
    visible.violation = "output became visible without its marker";
  } else if (pending_.size() != 1 || pending_[0].id != *pending_marker_) {
    visible.violation = "a marker became visible without exactly its output";
  } else if (*pending_marker_ <= marker_) {
    visible.violation = fmt::format(
        "the marker went back from {}/{} to {}/{}", marker_.generation.value(),
        marker_.epoch.value(), pending_marker_->generation.value(), pending_marker_->epoch.value());
  }
  finishing_ = pending_marker_;
  abort();
  state_ = State::kComplete;
  return visible;
}

void Lane::finish() {
  if (finishing_.has_value()) marker_ = *finishing_;
  finishing_.reset();
}

void Lane::write_key(std::string& key) const {
  put(key, epoch_);
  put(key, static_cast<uint64_t>(state_));
  put(key, pending_.size());
  for (const Sealed& sealed : pending_) put(key, sealed);
  put(key, pending_marker_.value_or(CheckpointId{}));
  put(key, finishing_.value_or(CheckpointId{}));
  put(key, marker_);
}

}  // namespace weir
