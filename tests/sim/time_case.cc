#include "tests/sim/time_case.h"

#include "engine/base/check.h"
#include "tests/sim/dice.h"

#include <fmt/format.h>

namespace weir {
namespace {

std::vector<TimeRow> random_split(int64_t delay, Dice& dice) {
  std::vector<TimeRow> rows;
  const size_t count = dice.percent(10) ? 0 : dice.below(40);
  const int64_t pace = dice.between(0, 4);  // Seconds a row at the most.
  int64_t now = dice.between(-10, 10) * kSecond;
  for (size_t i = 0; i < count; ++i) {
    now += dice.between(0, pace) * kSecond;
    TimeRow row{.v = dice.between(1, 1'000'000'000), .at = now};
    if (!dice.percent(5)) row.k = std::string(1, static_cast<char>('a' + dice.below(3)));
    if (dice.percent(40)) row.at -= dice.between(0, delay / kSecond) * kSecond;
    if (dice.percent(15)) row.at -= dice.between(0, 20) * kSecond;
    if (dice.percent(2)) row.at = kFutureBound + dice.between(100, 100'000) * kSecond;
    rows.push_back(row);
  }
  return rows;
}

TimeTable random_table(const std::string& name, Dice& dice) {
  TimeTable table{.name = name, .delay = dice.between(0, 6) * kSecond};
  const size_t splits = 1 + dice.below(4);
  for (size_t i = 0; i < splits; ++i) table.splits.push_back(random_split(table.delay, dice));
  return table;
}

TimeStep random_window(Dice& dice) {
  TimeStep step;
  step.kind = static_cast<TimeStepKind>(dice.below(4));
  step.slide = dice.between(1, 4) * kSecond;
  step.size = dice.between(1, 12) * kSecond;
  if (step.kind == TimeStepKind::kTumble) step.slide = step.size;
  if (step.kind == TimeStepKind::kCumulate) step.size = step.slide * dice.between(1, 5);
  if (step.kind == TimeStepKind::kHop) step.slide = std::min(step.slide, step.size);
  if (step.kind != TimeStepKind::kSession && dice.percent(30)) {
    step.offset = dice.between(0, step.slide / kSecond - 1) * kSecond;
  }
  return step;
}

TimeStep random_step(Dice& dice) {
  if (dice.percent(50)) return random_window(dice);
  TimeStep step;
  step.kind = static_cast<TimeStepKind>(4 + dice.below(6));
  step.size = dice.between(1, 10) * kSecond;
  step.rows = dice.between(0, 3);
  step.join = static_cast<JoinType>(dice.below(4));
  step.before = dice.between(-2, 6) * kSecond;
  step.after = std::max(dice.between(-2, 6) * kSecond, -step.before);
  return step;
}

std::string seconds(int64_t micros) {
  return fmt::format("INTERVAL '{} seconds'", micros / kSecond);
}

std::string table_sql(const TimeTable& table, const TimeCase& one) {
  std::string sql = fmt::format(
      "CREATE TABLE {} (k text, v bigint, at timestamptz NOT NULL) WITH (connector = 'kafka', "
      "brokers = 'none', topic = 'none', format = 'json', "
      "event_time = 'at', watermark_delay = '{} seconds', max_future = '{} seconds', "
      "on_error = 'skip', late = 'lates'",
      table.name, table.delay / kSecond, kFutureBound / kSecond);
  if (one.idle_timeout) {
    sql += fmt::format(", idle_timeout = '{} milliseconds'", *one.idle_timeout / 1000);
  }
  return sql + ");\n";
}

std::string window_call(const TimeStep& step, const std::string& input) {
  switch (step.kind) {
    case TimeStepKind::kTumble:
      return fmt::format("tumble({}, at, {}, {})", input, seconds(step.size), seconds(step.offset));
    case TimeStepKind::kHop:
      return fmt::format("hop({}, at, {}, {}, {})", input, seconds(step.slide), seconds(step.size),
                         seconds(step.offset));
    case TimeStepKind::kCumulate:
      return fmt::format("cumulate({}, at, {}, {}, {})", input, seconds(step.slide),
                         seconds(step.size), seconds(step.offset));
    case TimeStepKind::kSession:
      return fmt::format("session({}, at, {})", input, seconds(step.size));
    case TimeStepKind::kOverRange:
    case TimeStepKind::kOverRows:
    case TimeStepKind::kLag:
    case TimeStepKind::kKeepFirst:
    case TimeStepKind::kSuppress:
    case TimeStepKind::kIntervalJoin: break;
  }
  unreachable();
}

// Which time of a join's rows goes on: one that cannot be missing, if there is one.
std::string join_sql(const TimeStep& step) {
  static constexpr const char* kJoins[] = {"JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN"};
  static constexpr const char* kTimes[] = {"a.at", "a.at", "b.at", "coalesce(a.at, b.at)"};
  const auto type = static_cast<size_t>(step.join);
  const std::string at = kTimes[type];
  return fmt::format(
      "SELECT coalesce(a.k, b.k) AS k, coalesce(a.v, 0) * 3 + coalesce(b.v, 0) * 5 AS v, {} AS at, "
      "{} AS start FROM input_a a {} input_b b ON a.k = b.k AND a.at BETWEEN b.at - {} AND b.at + "
      "{}",
      at, at, kJoins[type], seconds(step.before), seconds(step.after));
}

std::string step_sql(const TimeStep& step, const std::string& input) {
  const std::string over = "SELECT k, CAST({} AS bigint) AS v, at, at AS start FROM " + input;
  switch (step.kind) {
    case TimeStepKind::kTumble:
    case TimeStepKind::kHop:
    case TimeStepKind::kCumulate:
    case TimeStepKind::kSession:
      return "SELECT k, CAST(sum(v) AS bigint) AS v, window_time AS at, window_start AS start "
             "FROM " +
             window_call(step, input) + " GROUP BY k, window_start, window_end, window_time";
    case TimeStepKind::kOverRange:
      return fmt::format(fmt::runtime(over),
                         "sum(v) OVER (PARTITION BY k ORDER BY at RANGE BETWEEN " +
                             seconds(step.size) + " PRECEDING AND CURRENT ROW)");
    case TimeStepKind::kOverRows:
      return fmt::format(fmt::runtime(over),
                         fmt::format("sum(v) OVER (PARTITION BY k ORDER BY at ROWS BETWEEN {} "
                                     "PRECEDING AND CURRENT ROW)",
                                     step.rows));
    case TimeStepKind::kLag:
      return fmt::format(fmt::runtime(over),
                         "v * 3 + coalesce(lag(v) OVER (PARTITION BY k ORDER BY at), 0)");
    case TimeStepKind::kKeepFirst:
      return "SELECT DISTINCT ON (k) k, v, at, at AS start FROM " + input + " ORDER BY k, at";
    case TimeStepKind::kSuppress:
      return fmt::format("SELECT k, v, at, at AS start FROM suppress({}, at, {}, k)", input,
                         seconds(step.size));
    case TimeStepKind::kIntervalJoin: return join_sql(step);
  }
  unreachable();
}

}  // namespace

TimeCase random_time_case(uint64_t seed) {
  Dice dice(seed);
  TimeCase one{.seed = seed};
  one.parallelism = static_cast<uint32_t>(1 + dice.below(3));
  one.two_phase = dice.percent(50);
  one.batch_rows = 1 + dice.below(8);
  one.filtered = dice.percent(30);
  if (dice.percent(40)) one.idle_timeout = kSecond / 2;
  one.steps.push_back(random_step(dice));
  const bool joins = one.steps[0].kind == TimeStepKind::kIntervalJoin;
  const bool has_time = !joins || one.steps[0].join != JoinType::kFull;
  if (has_time && dice.percent(40)) one.steps.push_back(random_window(dice));
  one.tables.push_back(random_table("a", dice));
  if (joins || (!one.idle_timeout && dice.percent(20))) {
    one.tables.push_back(random_table("b", dice));
  }
  return one;
}

std::string sql_of(const TimeCase& one) {
  std::string sql;
  for (const TimeTable& table : one.tables) sql += table_sql(table, one);
  sql +=
      "CREATE TABLE lates (\"row\" text, source text, part text, pos bigint, step text, window_end "
      "timestamptz, behind interval) WITH (connector = 'print');\n"
      "CREATE TABLE results (k text, v bigint, at timestamptz, start timestamptz) WITH "
      "(connector = 'print');\n";
  const std::string filter = one.filtered ? " WHERE v % 3 <> 0" : "";
  std::string both;
  for (const TimeTable& table : one.tables) {
    sql += fmt::format("CREATE VIEW input_{} AS SELECT k, v, at FROM {}{};\n", table.name,
                       table.name, filter);
    both += (both.empty() ? "" : " UNION ALL ") +
            fmt::format("SELECT k, v, at FROM input_{}", table.name);
  }
  std::string input = "input_a";
  if (one.tables.size() == 2 && one.steps[0].kind != TimeStepKind::kIntervalJoin) {
    input = "both_inputs";
    sql += "CREATE VIEW both_inputs AS " + both + ";\n";
  }
  for (size_t i = 0; i < one.steps.size(); ++i) {
    sql += fmt::format("CREATE VIEW step_{} AS {};\n", i, step_sql(one.steps[i], input));
    input = fmt::format("step_{}", i);
  }
  return sql + fmt::format("INSERT INTO results SELECT k, v, at, start FROM {};\n", input);
}

}  // namespace weir
