#include "tests/operators/join_cases.h"

#include "engine/time/watermark.h"
#include "tests/operators/expressions.h"

#include <deque>

namespace weir {
namespace {

JoinSide side_of(const SchemaPtr& schema, std::vector<size_t> keys) {
  return {.columns = schema->fields, .keys = std::move(keys), .time = 2};
}

// Cells that stand in strings of their own.
class Texts {
 public:
  Cell add(std::string text) { return kept_.emplace_back(std::move(text)).c_str(); }

  void append(const JoinRow& row, Cells& cells) {
    cells.push_back(row.k.has_value() ? add(*row.k) : kNull);
    cells.push_back(row.g.has_value() ? add(std::to_string(*row.g)) : kNull);
    cells.push_back(add("@" + std::to_string(row.at)));
    cells.push_back(add(std::to_string(row.v)));
  }

 private:
  std::deque<std::string> kept_;
};

void append_missing(Cells& cells) { cells.insert(cells.end(), 4, kNull); }

RecordBatch batch_of_rows(const SchemaPtr& schema, const std::vector<JoinRow>& rows) {
  Texts texts;
  std::vector<Cells> cells;
  std::vector<int64_t> arrival;
  for (const JoinRow& row : rows) {
    texts.append(row, cells.emplace_back());
    arrival.push_back(row.arrival);
  }
  return with_arrival(batch_of(schema, cells), arrival);
}

bool keys_match(const JoinRow& a, const JoinRow& b) {
  return a.k.has_value() && a.g.has_value() && a.k == b.k && a.g == b.g;
}

int64_t number(std::mt19937_64& dice, int64_t from, int64_t to) {
  return from + static_cast<int64_t>(dice() % static_cast<uint64_t>(to - from + 1));
}

JoinRow random_row(std::mt19937_64& dice, int64_t watermark, int64_t window) {
  JoinRow row;
  if (dice() % 8 != 0) row.k = dice() % 2 == 0 ? "a" : "a key that is longer than its slot";
  if (dice() % 8 != 0) row.g = static_cast<int>(dice() % 2);
  row.v = number(dice, 0, 5);
  const int64_t least = watermark == kMinTime ? 0 : watermark;
  row.at = number(dice, dice() % 6 == 0 ? least - 20 : least, least + 20);
  if (window != 0) row.at += (window - row.at % window) % window;
  // W is never above the A of a row that comes later.
  row.arrival = watermark == kMinTime ? kMinTime : watermark + number(dice, 0, 3);
  return row;
}

}  // namespace

SchemaPtr left_schema() {
  static const SchemaPtr schema = schema_of({"lk text", "lg int", "lat timestamptz!", "lv bigint"});
  return schema;
}

SchemaPtr right_schema() {
  static const SchemaPtr schema = schema_of({"rk text", "rg int", "rat timestamptz!", "rv bigint"});
  return schema;
}

SchemaPtr joined_schema(JoinType type) {
  const WindowJoinSpec spec{
      .type = type, .left = left_side(), .right = right_side(), .condition = nullptr};
  return output_schema(spec, kRowsPort, nullptr);
}

JoinSide left_side(std::vector<size_t> keys) { return side_of(left_schema(), std::move(keys)); }
JoinSide right_side(std::vector<size_t> keys) { return side_of(right_schema(), std::move(keys)); }

ExprPtr left_is_less() {
  const SchemaPtr schema = joined_schema(JoinType::kInner);
  return call_of("<", {column_of(schema, "lv"), column_of(schema, "rv")});
}

JoinStream random_stream(std::mt19937_64& dice, int64_t window) {
  JoinStream stream;
  int64_t watermark = kMinTime;
  for (int step = 0; step < 14; ++step) {
    if (dice() % 3 == 0) {
      watermark = (watermark == kMinTime ? 0 : watermark) + number(dice, 0, 12);
      stream.steps.push_back(watermark_step(watermark));
      continue;
    }
    const bool is_left = dice() % 2 == 0;
    std::vector<JoinRow> rows;
    for (int64_t i = number(dice, 1, 8); i > 0; --i) {
      rows.push_back(random_row(dice, watermark, window));
    }
    const SchemaPtr schema = is_left ? left_schema() : right_schema();
    RecordBatch batch = batch_of_rows(schema, rows);
    stream.steps.push_back(is_left ? rows_step(std::move(batch)) : right_step(std::move(batch)));
    std::vector<JoinRow>& all = is_left ? stream.left : stream.right;
    all.insert(all.end(), rows.begin(), rows.end());
  }
  stream.steps.push_back(final_watermark_step());
  stream.steps.push_back(end_step());
  return stream;
}

std::vector<std::string> nested_loops(JoinType type, const std::vector<JoinRow>& left,
                                      const std::vector<JoinRow>& right, const RowsMatch& matches) {
  Texts texts;
  std::vector<Cells> rows;
  std::vector<bool> right_matched(right.size(), false);
  for (const JoinRow& l : left) {
    bool matched = false;
    for (size_t i = 0; i < right.size(); ++i) {
      if (!keys_match(l, right[i]) || !matches(l, right[i])) continue;
      matched = right_matched[i] = true;
      Cells& cells = rows.emplace_back();
      texts.append(l, cells);
      texts.append(right[i], cells);
    }
    if (matched || type == JoinType::kInner || type == JoinType::kRight) continue;
    texts.append(l, rows.emplace_back());
    append_missing(rows.back());
  }
  for (size_t i = 0; i < right.size(); ++i) {
    if (right_matched[i] || type == JoinType::kInner || type == JoinType::kLeft) continue;
    append_missing(rows.emplace_back());
    texts.append(right[i], rows.back());
  }
  return json_rows(joined_schema(type), rows);
}

}  // namespace weir
