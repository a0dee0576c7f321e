#include "runtime/task/input_gate.h"

#include <algorithm>

namespace weir {

void InputGate::add_channel(std::shared_ptr<Channel> channel, Port port, size_t edge) {
  inputs_.push_back({.channel = std::move(channel), .port = port, .edge = edge});
  merger_.add_input();
}

std::optional<GateElement> InputGate::next() {
  if (end_due_) {
    end_due_ = false;
    return GateElement{Port{0}, EndOfStream{}};
  }
  for (size_t tried = 0; tried < inputs_.size(); ++tried) {
    const size_t input = turn_;
    turn_ = turn_ + 1 == inputs_.size() ? 0 : turn_ + 1;
    while (!inputs_[input].ended) {
      std::optional<Element> element = inputs_[input].channel->pop();
      if (!element.has_value()) break;
      std::optional<GateElement> admitted = admit(input, std::move(*element));
      if (admitted.has_value()) return admitted;
    }
  }
  return std::nullopt;
}

std::optional<GateElement> InputGate::admit(size_t index, Element element) {
  Input& input = inputs_[index];
  if (RecordBatch* batch = std::get_if<RecordBatch>(&element)) {
    input.rows += batch->size();
    merger_.set_idle(index, false);
    idle_ = false;
    if (merger_.of(index) < given_) rows_lifted_ += lift(*batch, given_);
    return GateElement{input.port, std::move(element)};
  }
  if (const Watermark* watermark = std::get_if<Watermark>(&element)) {
    merger_.set_idle(index, false);
    merger_.advance(index, watermark->time);
    std::optional<GateElement> advanced = advanced_watermark(input.port);
    if (!advanced.has_value() && idle_) advanced = GateElement{input.port, Watermark{given_}};
    idle_ = false;
    return advanced;
  }
  if (std::holds_alternative<Idle>(element)) return went_idle(index);
  if (std::holds_alternative<EndOfStream>(element)) {
    input.ended = true;
    // A stopped input ends without a final watermark, and then time must not run on because of it.
    if (merger_.of(index) == kMaxTime) merger_.finish(index);
    const bool all =
        std::all_of(inputs_.begin(), inputs_.end(), [](const Input& i) { return i.ended; });
    std::optional<GateElement> watermark = advanced_watermark(input.port);
    if (!all) return watermark;
    if (!watermark.has_value()) return GateElement{input.port, EndOfStream{}};
    end_due_ = true;
    return watermark;
  }
  return GateElement{input.port, std::move(element)};
}

std::optional<GateElement> InputGate::went_idle(size_t index) {
  merger_.set_idle(index, true);
  if (!merger_.all_idle()) return advanced_watermark(inputs_[index].port);
  if (idle_) return std::nullopt;
  idle_ = true;
  return GateElement{inputs_[index].port, Idle{}};
}

std::optional<GateElement> InputGate::advanced_watermark(Port port) {
  const int64_t current = merger_.current();
  if (current <= given_) return std::nullopt;
  given_ = current;
  return GateElement{port, Watermark{current}};
}

uint64_t InputGate::rows_received(size_t edge) const {
  uint64_t sum = 0;
  for (const Input& input : inputs_) {
    if (input.edge == edge) sum += input.rows;
  }
  return sum;
}

}  // namespace weir
