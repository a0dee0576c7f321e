// Goal: transactions look like those of honest people with some fraud among them; time is
// disordered as documented; the truth table names exactly the fraud. The fraud rules are written
// out here once more, over the rows as a reader sees them.
#include "operators/connectors/generator/card_rows.h"

#include "engine/data/text_form.h"
#include "tests/operators/connectors/generator/generated_rows.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <map>
#include <set>

namespace weir {
namespace {

GeneratorOptions cards(const char* rows, const char* event_rate = "100") {
  return generator_of({{"dataset", "card_transactions"},
                       {"rows", rows},
                       {"event_rate", event_rate},
                       {"start_time", "2024-03-01 12:00:17Z"}});
}

struct Transaction {
  std::string id, card, kind;
  int64_t account = 0, cents = 0, at = 0;
  double lat = 0, lon = 0;
};

// Only the named columns are filled; all if none is named.
std::vector<Transaction> transactions_of(const GeneratorOptions& options, uint32_t split,
                                         const std::vector<std::string>& names = {}) {
  std::vector<Transaction> all;
  const ReadPlan plan{.split = split};
  each_batch(options, shape_of(options, names), plan, [&](const RecordBatch& batch) {
    const size_t first = all.size();
    all.resize(first + batch.rows);
    const auto read = [&]<typename T>(size_t column, T Transaction::*to, auto&& value) {
      if (batch.columns[column] == nullptr) return;
      for (size_t row = 0; row < batch.rows; ++row) {
        all[first + row].*to = static_cast<T>(value(*batch.columns[column], row));
      }
    };
    const auto text = [](const Column& column, size_t row) { return column.text(row); };
    const auto number = []<typename T>(T) {
      return [](const Column& column, size_t row) { return column.values<T>()[row]; };
    };
    read(CardColumn::kId, &Transaction::id, text);
    read(CardColumn::kCard, &Transaction::card, text);
    read(CardColumn::kKind, &Transaction::kind, text);
    read(CardColumn::kAccount, &Transaction::account, number(int64_t{}));
    read(CardColumn::kAmount, &Transaction::cents, number(Int128{}));
    read(CardColumn::kAt, &Transaction::at, number(int64_t{}));
    read(CardColumn::kLat, &Transaction::lat, number(double{}));
    read(CardColumn::kLon, &Transaction::lon, number(double{}));
  });
  return all;
}

struct Truth {
  std::string rule, card, first_id, last_id;
  int64_t account = 0, starts = 0, ends = 0;
};

std::vector<Truth> truth_of(GeneratorOptions options, uint32_t split) {
  options.truth = true;
  std::vector<Truth> all;
  const ReadPlan plan{.split = split};
  each_batch(options, shape_of(options), plan, [&](const RecordBatch& batch) {
    for (size_t row = 0; row < batch.rows; ++row) {
      const auto text = [&](size_t column) {
        return std::string(batch.columns[column]->text(row));
      };
      const auto number = [&](size_t column) {
        return batch.columns[column]->values<int64_t>()[row];
      };
      all.push_back({text(TruthColumn::kRule), text(TruthColumn::kCard),
                     text(TruthColumn::kFirstId), text(TruthColumn::kLastId),
                     number(TruthColumn::kAccount), number(TruthColumn::kStarts),
                     number(TruthColumn::kEnds)});
    }
  });
  return all;
}

// The rows of the account from the first to the last of the episode, in log order and in event-time
// order alike.
std::vector<Transaction> rows_of_episode(const Truth& truth,
                                         const std::vector<Transaction>& of_account) {
  std::vector<Transaction> in_log;
  bool inside = false;
  for (const Transaction& one : of_account) {
    inside = inside || one.id == truth.first_id;
    if (inside) in_log.push_back(one);
    if (one.id == truth.last_id) break;
  }
  REQUIRE(!in_log.empty());
  REQUIRE(in_log.front().id == truth.first_id);
  REQUIRE(in_log.back().id == truth.last_id);
  REQUIRE(in_log.front().at == truth.starts);
  REQUIRE(in_log.back().at == truth.ends);
  return in_log;
}

void require_alone(const Truth& truth, const std::vector<Transaction>& rows,
                   const std::vector<Transaction>& of_account) {
  size_t in_time = 0;
  for (const Transaction& one : of_account) {
    if (one.at >= truth.starts && one.at <= truth.ends) ++in_time;
  }
  REQUIRE(in_time == rows.size());
  for (const Transaction& one : rows) REQUIRE(one.card == truth.card);
}

void require_rule_holds(const Truth& truth, const std::vector<Transaction>& of_account) {
  const std::vector<Transaction> rows = rows_of_episode(truth, of_account);
  if (truth.rule != "structuring") require_alone(truth, rows, of_account);
  if (truth.rule == "spending_burst") {
    int64_t sum = 0;
    for (const Transaction& one : rows) sum += one.cents;
    REQUIRE(sum > 500'000);
    REQUIRE(truth.starts / 60'000'000 == truth.ends / 60'000'000);
  } else if (truth.rule == "small_then_large") {
    REQUIRE(rows.size() == 2);
    REQUIRE(rows[0].cents < 100);
    REQUIRE(rows[1].cents > 50'000);
    REQUIRE(truth.ends - truth.starts < 60'000'000);
  } else if (truth.rule == "impossible_travel") {
    REQUIRE(rows.size() == 2);
    const double km =
        great_circle_km({rows[0].lat, rows[0].lon, ""}, {rows[1].lat, rows[1].lon, ""});
    REQUIRE(km > 1900);
    REQUIRE(km / (static_cast<double>(truth.ends - truth.starts) / 3.6e9) > 900);
  } else if (truth.rule == "velocity") {
    REQUIRE(rows.size() == 8);
    REQUIRE(truth.ends - truth.starts < 10'000'000);
  } else {
    REQUIRE(truth.rule == "structuring");
    size_t deposits = 0;
    for (const Transaction& one : rows) {
      if (one.kind == "deposit" && one.cents > 800'000 && one.cents < 1'000'000) ++deposits;
    }
    REQUIRE(deposits >= 3);
    REQUIRE(truth.ends - truth.starts < 7 * 86'400'000'000);
  }
}

std::map<int64_t, std::vector<Transaction>> by_account(const std::vector<Transaction>& all) {
  std::map<int64_t, std::vector<Transaction>> out;
  for (const Transaction& one : all) out[one.account].push_back(one);
  return out;
}

}  // namespace

TEST_CASE("EveryEpisodeOfTheTruthIsInTheRowsAndSatisfiesItsRule") {
  for (const char* rate : {"5", "100", "300"}) {
    const GeneratorOptions options = cards("1200000", rate);
    std::map<std::string, size_t> rules;
    const auto accounts = by_account(transactions_of(options, 1));
    for (const Truth& truth : truth_of(options, 1)) {
      ++rules[truth.rule];
      require_rule_holds(truth, accounts.at(truth.account));
    }
    INFO("event_rate " << rate);
    CHECK(rules.size() == 5);
    CHECK(rules["spending_burst"] > 20);
    CHECK(rules["structuring"] > 0);
  }
}

TEST_CASE("SpendOverFiveThousandInAMinuteFindsTheBurstsAndLittleElse") {
  const GeneratorOptions options = cards("500000");
  std::map<std::pair<std::string, int64_t>, int64_t> spent;
  std::set<std::pair<std::string, int64_t>> bursts;
  for (uint32_t split = 0; split < 4; ++split) {
    for (const Transaction& one :
         transactions_of(options, split, {"card", "kind", "amount", "at"})) {
      if (one.kind != "purchase" && one.kind != "withdrawal") continue;
      spent[{one.card, one.at / 60'000'000}] += one.cents;
    }
    for (const Truth& truth : truth_of(options, split)) {
      if (truth.rule == "spending_burst") bursts.insert({truth.card, truth.starts / 60'000'000});
    }
  }
  size_t alerts = 0;
  size_t right = 0;
  for (const auto& [key, cents] : spent) {
    if (cents <= 500'000) continue;
    ++alerts;
    right += bursts.count(key);
  }
  const double precision = static_cast<double>(right) / static_cast<double>(alerts);
  INFO("bursts " << bursts.size() << " alerts " << alerts << " right " << right);
  CHECK(bursts.size() > 70);
  CHECK(right == bursts.size());
  CHECK(precision > 0.9);
}

TEST_CASE("EventTimesAreDisorderedWithinTwoSecondsAndAFewBeyond") {
  const GeneratorOptions options = cards("1000000");
  const int64_t start = options.start_micros;
  size_t beyond = 0, late_by_two = 0, out_of_order = 0;
  int64_t highest = INT64_MIN;
  int64_t worst = 0;
  const std::vector<Transaction> rows = transactions_of(options, 2, {"at"});
  const CardTimeline timeline(options, 2);
  for (size_t row = 0; row < rows.size(); ++row) {
    const int64_t behind = timeline.nominal_micros(row) - rows[row].at;
    REQUIRE(behind >= 0);
    if (behind >= 2'000'000) {
      ++beyond;
      REQUIRE(behind >= 5'000'000);
      REQUIRE(behind < 45'000'000);
    } else {
      REQUIRE(rows[row].at >= start);
    }
    if (highest != INT64_MIN) {
      worst = std::max(worst, highest - rows[row].at);
      if (rows[row].at < highest) ++out_of_order;
      if (rows[row].at < highest - 2'000'000) ++late_by_two;
    }
    highest = std::max(highest, rows[row].at);
  }
  CHECK(late_by_two == beyond);
  CHECK(beyond > 125 - 45);
  CHECK(beyond < 125 + 45);
  CHECK(worst < 45'000'000);
  CHECK(out_of_order > rows.size() / 2);
}

TEST_CASE("CardsBelongToOneSplitAndFewAreBusy") {
  const GeneratorOptions options = cards("100000");
  std::map<std::string, std::set<uint32_t>> splits;
  std::map<std::string, size_t> uses;
  std::map<std::string, int64_t> accounts;
  std::map<int64_t, std::set<std::string>> cards_of;
  for (uint32_t split = 0; split < 4; ++split) {
    for (const Transaction& one : transactions_of(options, split, {"card", "account"})) {
      splits[one.card].insert(split);
      ++uses[one.card];
      REQUIRE(accounts.emplace(one.card, one.account).first->second == one.account);
      cards_of[one.account].insert(one.card);
    }
  }
  for (const auto& [card, where] : splits) REQUIRE(where.size() == 1);
  for (const auto& [account, names] : cards_of) REQUIRE(names.size() <= 2);
  std::vector<size_t> counts;
  for (const auto& [card, count] : uses) counts.push_back(count);
  std::sort(counts.rbegin(), counts.rend());
  CHECK(counts.size() > 50'000);
  CHECK(counts[0] > 5);  // Once in 149 seconds, over 1,000 seconds.
  CHECK(counts[0] < 25);
}

TEST_CASE("HonestPeopleTravelAtPlausibleSpeed") {
  GeneratorOptions options = cards("600000", "5");  // A day and a third, so that there is travel.
  std::set<std::string> frauds;
  for (const Truth& truth : truth_of(options, 0)) frauds.insert(truth.card);
  std::map<std::string, std::vector<Transaction>> of_card;
  for (const Transaction& one : transactions_of(options, 0)) of_card[one.card].push_back(one);
  size_t pairs = 0;
  size_t moved = 0;
  for (auto& [card, rows] : of_card) {
    if (frauds.contains(card)) continue;
    std::sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a.at < b.at; });
    for (size_t i = 1; i < rows.size(); ++i) {
      const double km =
          great_circle_km({rows[i - 1].lat, rows[i - 1].lon, ""}, {rows[i].lat, rows[i].lon, ""});
      const double hours = static_cast<double>(rows[i].at - rows[i - 1].at) / 3.6e9;
      ++pairs;
      if (km > 100) ++moved;
      REQUIRE(!(km > 100 && km > 900 * hours));
    }
  }
  CHECK(pairs > 50'000);
  CHECK(moved > 100);
}

TEST_CASE("AnyNeededCardColumnHasTheSameValuesAlone") {
  const GeneratorOptions options = cards("20000");
  const RowShape all = shape_of(options);
  std::vector<RecordBatch> whole;
  each_batch(options, all, {}, [&](const RecordBatch& batch) { whole.push_back(batch); });
  for (size_t column = 0; column < all.schema->fields.size(); ++column) {
    size_t batches = 0;
    each_batch(options, shape_of(options, {all.schema->fields[column].name}), {},
               [&](const RecordBatch& batch) {
                 const ColumnPtr& expected = whole[batches++].columns[column];
                 for (size_t i = 0; i < batch.columns.size(); ++i) {
                   REQUIRE((batch.columns[i] != nullptr) == (i == column));
                 }
                 for (size_t row = 0; row < batch.rows; ++row) {
                   REQUIRE(value_text(*batch.columns[column], row) == value_text(*expected, row));
                 }
               });
    CHECK(batches == whole.size());
  }
}

TEST_CASE("RowsLookAsAnalystsExpectThem") {
  const GeneratorOptions options = cards("4");
  const std::vector<std::string> rows = rows_of(options, shape_of(options));
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].starts_with("t00000000000|card_"));
  CHECK(std::count(rows[0].begin(), rows[0].end(), '|') == 12);
  CHECK(rows[0].find("2024-03-01 12:00:1") != std::string::npos);
}

}  // namespace weir
