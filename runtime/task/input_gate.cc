#include "runtime/task/input_gate.h"

#include <algorithm>

namespace weir {

void InputGate::add_channel(std::shared_ptr<Channel> channel, Port port, ChannelOrigin origin) {
  inputs_.push_back({.channel = std::move(channel), .port = port, .origin = origin});
  merger_.add_input();
}

std::optional<GateElement> InputGate::next() {
  for (size_t tried = 0; tried < inputs_.size(); ++tried) {
    const size_t input = turn_;
    turn_ = turn_ + 1 == inputs_.size() ? 0 : turn_ + 1;
    while (may_take(input)) {
      std::optional<Element> element = inputs_[input].channel->pop();
      if (!element.has_value()) break;
      std::optional<GateElement> admitted = admit(input, std::move(*element));
      if (admitted.has_value()) return admitted;
    }
  }
  return std::nullopt;
}

void InputGate::restore(int64_t watermark) {
  given_ = watermark;
  untold_ = watermark != kMinTime;
  for (size_t i = 0; i < inputs_.size(); ++i) merger_.advance(i, watermark);
}

bool InputGate::may_take(size_t input) const {
  return !inputs_[input].ended && (aligner_ == nullptr || !aligner_->is_blocked(first_ + input));
}

std::optional<GateElement> InputGate::admit(size_t index, Element element) {
  Input& input = inputs_[index];
  if (RecordBatch* batch = std::get_if<RecordBatch>(&element)) {
    input.rows += batch->size();
    set_idle(index, false);
    rows_since_ = true;
    if (merger_.of(index) < given_) rows_lifted_ += lift(*batch, given_);
    return GateElement{input.port, std::move(element)};
  }
  if (const Watermark* watermark = std::get_if<Watermark>(&element)) {
    set_idle(index, false);
    merger_.advance(index, watermark->time);
    // Not only at the end that follows: what has ended must not look like an input that is far
    // ahead, while all others are idle.
    if (watermark->time == kMaxTime) merger_.finish(index);
    return marked(input.port);
  }
  if (std::holds_alternative<Idle>(element)) {
    set_idle(index, true);
    return marked(input.port);
  }
  if (std::holds_alternative<EndOfStream>(element)) {
    // A stopped input ends without a final watermark, and then time must not run on because of it.
    input.ended = true;
    if (aligner_ != nullptr) aligner_->ended(first_ + index);
    const bool all =
        std::all_of(inputs_.begin(), inputs_.end(), [](const Input& i) { return i.ended; });
    if (all) return GateElement{input.port, EndOfStream{}};
    return std::nullopt;
  }
  if (aligner_ != nullptr) aligner_->barrier(first_ + index, std::get<Barrier>(element).epoch);
  return std::nullopt;
}

void InputGate::set_idle(size_t index, bool idle) {
  if (inputs_[index].idle == idle) return;
  inputs_[index].idle = idle;
  const size_t readers = inputs_[index].origin.readers;
  bool all = true;
  for (const Input& input : inputs_) all = all && (input.idle || input.origin.readers != readers);
  for (size_t i = 0; i < inputs_.size(); ++i) {
    if (inputs_[i].origin.readers == readers) merger_.set_idle(i, all);
  }
}

std::optional<GateElement> InputGate::marked(Port port) {
  if (merger_.all_idle()) {
    if (idle_ && !rows_since_) return std::nullopt;
    idle_ = true;
    rows_since_ = false;
    return GateElement{port, Idle{}};
  }
  const bool owes = idle_ || untold_;
  idle_ = false;
  untold_ = false;
  const int64_t current = merger_.current();
  if (current <= given_ && !owes) return std::nullopt;
  given_ = std::max(given_, current);
  return GateElement{port, Watermark{given_}};
}

uint64_t InputGate::rows_received(size_t edge) const {
  uint64_t sum = 0;
  for (const Input& input : inputs_) {
    if (input.origin.edge == edge) sum += input.rows;
  }
  return sum;
}

}  // namespace weir
