#include "tests/sim/time_lifts.h"

#include "engine/base/match.h"
#include "engine/time/watermark.h"

#include <algorithm>

namespace weir {
namespace {

// A split of a reader, or a reader of a gate.
struct Input {
  int64_t watermark = kMinTime;
  std::optional<int64_t> silent_since;
  bool idle = false;
  bool ended = false;

  bool is_active() const { return !idle && !ended; }
};

struct Inputs {
  int64_t watermark = kMinTime;

  template <typename Range>
  void advance(const Range& inputs) {
    int64_t lowest = kMaxTime;
    bool any_active = false;
    bool all_ended = true;
    for (const auto& [name, input] : inputs) {
      all_ended = all_ended && input.ended;
      if (!input.is_active()) continue;
      any_active = true;
      lowest = std::min(lowest, input.watermark);
    }
    if (any_active || all_ended) watermark = std::max(watermark, lowest);
  }
};

class LiftModel {
 public:
  LiftModel(const TimeCase& one,
            const std::vector<std::vector<std::pair<size_t, size_t>>>& splits_of_reader)
      : one_(one), readers_(splits_of_reader.size()) {
    for (size_t i = 0; i < readers_.size(); ++i) {
      for (const auto& split : splits_of_reader[i]) readers_[i].splits[split];
      gate_inputs_[i];
    }
  }

  void look(const LookAtSplit& at) {
    Reader& reader = readers_[at.reader];
    Input& split = reader.splits.at({at.table, at.split});
    const TimeTable& table = one_.tables[at.table];
    const std::vector<TimeRow>& rows = table.splits[at.split];
    const std::vector<int64_t> arrivals = arrival_watermarks(rows, table.delay);
    for (size_t i = at.first; i < at.first + at.count; ++i) {
      const TimeRow& row = rows[i];
      if (row.at > kFutureBound) continue;
      int64_t arrival = arrivals[i];
      raise(row, arrival, reader.time.watermark, {at.table, at.split, i});
      if (one_.filtered && row.v % 3 == 0) continue;
      raise(row, arrival, gate_.watermark, {at.table, at.split, i});
    }
    if (at.count != 0) {
      split.silent_since.reset();
      split.idle = false;
      for (size_t i = 0; i < at.first + at.count; ++i) {
        if (rows[i].at <= kFutureBound) {
          split.watermark = std::max(split.watermark, rows[i].at - table.delay);
        }
      }
    } else if (!at.ended) {
      if (!split.silent_since) split.silent_since = at.now;
      split.idle = split.idle || at.now - *split.silent_since >= *one_.idle_timeout;
    }
    split.ended = at.ended;
  }

  void settle(size_t index) {
    Reader& reader = readers_[index];
    reader.time.advance(reader.splits);
    Input& input = gate_inputs_[index];
    input.watermark = reader.time.watermark;
    bool any_active = false;
    input.ended = true;
    for (const auto& [name, split] : reader.splits) {
      any_active = any_active || split.is_active();
      input.ended = input.ended && split.ended;
    }
    input.idle = !any_active && !input.ended;
    gate_.advance(gate_inputs_);
  }

  LiftedRows lifted;

 private:
  struct Reader {
    std::map<std::pair<size_t, size_t>, Input> splits;
    Inputs time;
  };

  void raise(const TimeRow& row, int64_t& arrival, int64_t watermark, const RowPlace& place) {
    if (row.at >= watermark || arrival >= watermark) return;
    arrival = watermark;
    lifted.lifts[place] = watermark;
    ++lifted.count;
  }

  const TimeCase& one_;
  std::vector<Reader> readers_;
  std::map<size_t, Input> gate_inputs_;
  Inputs gate_;
};

}  // namespace

LiftedRows lifted_rows(const TimeCase& one,
                       const std::vector<std::vector<std::pair<size_t, size_t>>>& splits_of_reader,
                       const ReaderLog& log) {
  LiftModel model(one, splits_of_reader);
  for (const auto& entry : log) {
    std::visit(Match{[&](const LookAtSplit& look) { model.look(look); },
                     [&](const ReaderSettled& settled) { model.settle(settled.reader); }},
               entry);
  }
  return std::move(model.lifted);
}

}  // namespace weir
