#include "engine/protocol/barrier_aligner.h"

#include "engine/base/check.h"

#include <algorithm>

namespace weir {

BarrierAligner::BarrierAligner(size_t inputs) : inputs_(inputs, Input::kOpen) { CHECK(inputs > 0); }

void BarrierAligner::barrier(size_t input, Epoch epoch) {
  CHECK(input < inputs_.size());
  CHECK(inputs_[input] == Input::kOpen);
  if (epoch <= over_) return;
  if (pending_.has_value()) {
    // Channels keep the order, so whoever lags behind the pending epoch has it still to deliver.
    if (epoch < *pending_) return;
    if (epoch > *pending_) cancel(*pending_);
  }
  pending_ = epoch;
  inputs_[input] = Input::kBlocked;
}

void BarrierAligner::ended(size_t input) {
  CHECK(input < inputs_.size());
  CHECK(inputs_[input] == Input::kOpen);
  inputs_[input] = Input::kEnded;
}

void BarrierAligner::cancel(Epoch epoch) {
  over_ = std::max(over_, epoch);
  if (pending_.has_value() && *pending_ <= epoch) release();
}

std::optional<Epoch> BarrierAligner::aligned() {
  if (!pending_.has_value()) return std::nullopt;
  if (std::find(inputs_.begin(), inputs_.end(), Input::kOpen) != inputs_.end()) return std::nullopt;
  const Epoch epoch = *pending_;
  CHECK(epoch > over_);
  over_ = epoch;
  release();
  return epoch;
}

void BarrierAligner::release() {
  pending_.reset();
  std::replace(inputs_.begin(), inputs_.end(), Input::kBlocked, Input::kOpen);
}

bool BarrierAligner::is_blocked(size_t input) const {
  CHECK(input < inputs_.size());
  return inputs_[input] == Input::kBlocked;
}

bool BarrierAligner::all_ended() const {
  return std::all_of(inputs_.begin(), inputs_.end(),
                     [](Input input) { return input == Input::kEnded; });
}

}  // namespace weir
