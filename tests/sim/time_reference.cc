#include "tests/sim/time_reference.h"

#include "engine/base/check.h"
#include "engine/time/watermark.h"

#include <fmt/format.h>

#include <algorithm>

namespace weir {
namespace {

struct ModelRow {
  std::optional<std::string> k;
  int64_t v = 0;
  int64_t at = 0;
  int64_t start = 0;
  int64_t arrival = kMinTime;
  RowPlace place;
};
using ModelRows = std::vector<ModelRow>;
struct Window {
  int64_t start;
  int64_t end;
};

bool in_order(const ModelRow& a, const ModelRow& b) {
  return std::tie(a.k, a.at, a.place) < std::tie(b.k, b.at, b.place);
}

class Interpreter {
 public:
  explicit Interpreter(const TimeCase& one) : one_(one) {}

  ModelRows step(const TimeStep& step, const ModelRows& rows) {
    switch (step.kind) {
      case TimeStepKind::kTumble:
      case TimeStepKind::kHop:
      case TimeStepKind::kCumulate: return windows(step, rows);
      case TimeStepKind::kSession: return sessions(step, on_time(rows, step.size));
      case TimeStepKind::kOverRange: return over_range(step, on_time(rows, {}));
      case TimeStepKind::kOverRows:
      case TimeStepKind::kLag: return over_rows(step, on_time(rows, {}));
      case TimeStepKind::kKeepFirst:
      case TimeStepKind::kSuppress: return suppress(step, on_time(rows, {}));
      case TimeStepKind::kIntervalJoin: return join(step, on_time(rows, {}));
    }
    unreachable();
  }

  TimeAnswer answer;

 private:
  static std::vector<Window> windows_of(const TimeStep& step, int64_t at) {
    std::vector<Window> found;
    const bool cumulates = step.kind == TimeStepKind::kCumulate;
    const int64_t every = cumulates ? step.size : step.slide;
    const int64_t near = (at - step.offset) / every * every + step.offset;
    const int64_t earlier = (step.size / every + 1) * every;
    for (int64_t start = near - earlier; start <= at; start += every) {
      for (int64_t size = cumulates ? step.slide : step.size; size <= step.size;
           size += step.slide) {
        if (start <= at && at < start + size) found.push_back({start, start + size});
      }
    }
    return found;
  }

  void late(const ModelRow& row, std::optional<int64_t> window_end, int64_t behind) {
    const auto& [table, split, place] = row.place;
    answer.lates.push_back(late_text(one_.tables[table].name, split, place, window_end, behind));
  }

  ModelRows windows(const TimeStep& step, const ModelRows& rows) {
    std::map<std::tuple<std::optional<std::string>, int64_t, int64_t>, int64_t> sums;
    for (const ModelRow& row : rows) {
      const std::vector<Window> all = windows_of(step, row.at);
      uint64_t missed = 0;
      for (const Window& window : all) {
        if (window.end <= row.arrival) {
          ++missed;
        } else {
          sums[{row.k, window.start, window.end}] += row.v;
        }
      }
      if (missed < all.size()) answer.late_pairs += missed;
      if (missed == all.size()) late(row, all.back().end, row.arrival - all.back().end);
    }
    ModelRows results;
    for (const auto& [group, v] : sums) {
      const auto& [k, start, end] = group;
      results.push_back({.k = k, .v = v, .at = end - 1, .start = start});
    }
    return results;
  }

  // The rows that are not late by their own time, by key and in order. `gap`: of sessions.
  ModelRows on_time(const ModelRows& rows, std::optional<int64_t> gap) {
    ModelRows kept;
    for (const ModelRow& row : rows) {
      if (row.at >= row.arrival) {
        kept.push_back(row);
      } else {
        late(row, gap ? std::optional(row.at + *gap) : std::nullopt, row.arrival - row.at);
      }
    }
    std::sort(kept.begin(), kept.end(), in_order);
    return kept;
  }

  static ModelRows sessions(const TimeStep& step, const ModelRows& rows) {
    ModelRows results;
    for (const ModelRow& row : rows) {
      const int64_t end = row.at + step.size;
      const bool joins =
          !results.empty() && results.back().k == row.k && results.back().at + 1 >= row.at;
      if (joins) {
        results.back().v += row.v;
        results.back().at = end - 1;
      } else {
        results.push_back({.k = row.k, .v = row.v, .at = end - 1, .start = row.at});
      }
    }
    return results;
  }

  static ModelRows over_range(const TimeStep& step, const ModelRows& rows) {
    ModelRows results = rows;
    for (ModelRow& result : results) {
      result.v = 0;
      for (const ModelRow& row : rows) {
        const bool inside = result.at - step.size <= row.at && row.at <= result.at;
        if (row.k == result.k && inside) result.v += row.v;
      }
    }
    return results;
  }

  static ModelRows over_rows(const TimeStep& step, const ModelRows& rows) {
    ModelRows results = rows;
    const bool is_lag = step.kind == TimeStepKind::kLag;
    const size_t back = is_lag ? 1 : static_cast<size_t>(step.rows);
    for (size_t i = 0; i < rows.size(); ++i) {
      if (is_lag) results[i].v *= 3;
      for (size_t j = i - std::min(i, back); j < i; ++j) {
        if (rows[j].k == rows[i].k) results[i].v += rows[j].v;
      }
    }
    return results;
  }

  static ModelRows suppress(const TimeStep& step, const ModelRows& rows) {
    ModelRows passed;
    for (const ModelRow& row : rows) {
      const bool is_first = passed.empty() || passed.back().k != row.k;
      const bool again = step.kind == TimeStepKind::kSuppress && !is_first &&
                         row.at >= passed.back().at + step.size;
      if (is_first || again) passed.push_back(row);
    }
    return passed;
  }

  static ModelRows join(const TimeStep& step, const ModelRows& rows) {
    ModelRows results;
    std::map<RowPlace, bool> matched;
    const auto is_left = [](const ModelRow& row) { return std::get<0>(row.place) == 0; };
    const bool by_right = step.join == JoinType::kRight;
    for (const ModelRow& a : rows) {
      for (const ModelRow& b : rows) {
        if (!is_left(a) || is_left(b) || !a.k || a.k != b.k) continue;
        if (a.at < b.at - step.before || a.at > b.at + step.after) continue;
        matched[a.place] = matched[b.place] = true;
        results.push_back({.k = a.k, .v = a.v * 3 + b.v * 5, .at = by_right ? b.at : a.at});
      }
    }
    for (const ModelRow& row : rows) {
      const JoinType side = is_left(row) ? JoinType::kLeft : JoinType::kRight;
      if (matched[row.place] || (step.join != side && step.join != JoinType::kFull)) continue;
      results.push_back({.k = row.k, .v = row.v * (is_left(row) ? 3 : 5), .at = row.at});
    }
    for (ModelRow& result : results) result.start = result.at;
    return results;
  }

  const TimeCase& one_;
};

}  // namespace

std::vector<int64_t> arrival_watermarks(const std::vector<TimeRow>& rows, int64_t delay) {
  std::vector<int64_t> arrivals;
  int64_t arrival = kMinTime;
  for (const TimeRow& row : rows) {
    arrivals.push_back(arrival);
    if (row.at <= kFutureBound) arrival = std::max(arrival, row.at - delay);
  }
  return arrivals;
}

TimeAnswer reference_answer(const TimeCase& one, const Lifts& lifts) {
  ModelRows rows;
  for (size_t table = 0; table < one.tables.size(); ++table) {
    for (size_t split = 0; split < one.tables[table].splits.size(); ++split) {
      const std::vector<TimeRow>& of_split = one.tables[table].splits[split];
      const std::vector<int64_t> arrivals = arrival_watermarks(of_split, one.tables[table].delay);
      for (size_t i = 0; i < of_split.size(); ++i) {
        const TimeRow& row = of_split[i];
        if (row.at > kFutureBound || (one.filtered && row.v % 3 == 0)) continue;
        const auto lifted = lifts.find({table, split, i});
        rows.push_back({.k = row.k,
                        .v = row.v,
                        .at = row.at,
                        .start = row.at,
                        .arrival = lifted == lifts.end() ? arrivals[i] : lifted->second,
                        .place = {table, split, i}});
      }
    }
  }
  Interpreter interpreter(one);
  for (const TimeStep& step : one.steps) rows = interpreter.step(step, rows);
  TimeAnswer answer = std::move(interpreter.answer);
  for (const ModelRow& row : rows) {
    answer.results.push_back(result_text(row.k, row.v, row.at, row.start));
  }
  std::sort(answer.results.begin(), answer.results.end());
  std::sort(answer.lates.begin(), answer.lates.end());
  return answer;
}

std::string result_text(const std::optional<std::string>& k, int64_t v, int64_t at, int64_t start) {
  return fmt::format("{} {} {} {}", k.value_or("null"), v, at, start);
}

std::string late_text(const std::string& table, size_t split, size_t row,
                      std::optional<int64_t> window_end, int64_t behind) {
  const std::string end = window_end ? fmt::format("{}", *window_end) : "none";
  return fmt::format("{} {} {} {} {}", table, split, row, end, behind);
}

}  // namespace weir
