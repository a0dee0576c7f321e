#include "runtime/task/output_gate.h"

#include "tests/runtime/tables.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

constexpr uint32_t kGroups = 128;

struct Gate {
  Gate(Distribution distribution, size_t lanes, uint32_t instance = 0, size_t capacity = 64)
      : gate({.distribution = std::move(distribution)}, 5, instance, kGroups) {
    for (size_t i = 0; i < lanes; ++i) {
      channels.push_back(std::make_shared<Channel>(capacity));
      gate.add_channel(channels.back());
    }
  }

  std::vector<std::string> rows(size_t channel) {
    std::vector<std::string> all;
    while (const std::optional<Element> element = channels[channel]->pop()) {
      const auto* batch = std::get_if<RecordBatch>(&*element);
      if (batch == nullptr) {
        all.push_back("mark");
        continue;
      }
      for (std::string& row : json_of(*batch)) all.push_back(std::move(row));
    }
    return all;
  }

  OutputGate gate;
  std::vector<std::shared_ptr<Channel>> channels;
};

TEST_CASE("ForwardRowsGoToTheSameInstance") {
  Gate gate({.kind = DistributionKind::kForward}, 3, 2);
  gate.gate.send(table_batch(many_rows(4)));
  REQUIRE(gate.rows(0).empty());
  REQUIRE(gate.rows(1).empty());
  REQUIRE(gate.rows(2) == json_of(many_rows(4)));
  REQUIRE(gate.gate.rows_sent() == 4);
  REQUIRE(gate.gate.edge() == 5);
}

TEST_CASE("RebalancedBatchesGoInTurn") {
  Gate gate({.kind = DistributionKind::kRebalance}, 3);
  for (size_t i = 0; i < 6; ++i) gate.gate.send(table_batch(many_rows(1)));
  for (size_t channel = 0; channel < 3; ++channel) REQUIRE(gate.rows(channel).size() == 2);
}

TEST_CASE("BroadcastRowsGoEverywhereAndAreCountedEverywhere") {
  Gate gate({.kind = DistributionKind::kBroadcast}, 3);
  gate.gate.send(table_batch(many_rows(4)));
  for (size_t channel = 0; channel < 3; ++channel) {
    REQUIRE(gate.rows(channel) == json_of(many_rows(4)));
  }
  REQUIRE(gate.gate.rows_sent() == 12);
}

TEST_CASE("HashedRowsGoToTheOwnerOfTheirKeyGroup") {
  Rows rows;
  for (int i = 0; i < 500; ++i) rows.push_back({.k = "key " + std::to_string(i), .v = i, .at = 0});
  rows.push_back({.k = std::nullopt, .v = 1, .at = 0});
  const RecordBatch batch = table_batch(rows);
  std::vector<uint64_t> hashes(rows.size());
  hash_rows({batch.columns[0].get()}, Selection(rows.size()), hashes.data());
  for (const uint32_t tasks : {1U, 2U, 3U, 7U}) {
    Gate gate({.kind = DistributionKind::kHash, .columns = {0}}, tasks);
    gate.gate.send(batch);
    std::vector<std::vector<std::string>> expected(tasks);
    for (size_t i = 0; i < rows.size(); ++i) {
      const uint32_t group = key_group_of(hashes[i], kGroups);
      for (uint32_t task = 0; task < tasks; ++task) {
        if (key_group_range(kGroups, tasks, task).contains(group)) {
          expected[task].push_back(json_of({rows[i]})[0]);
        }
      }
    }
    for (uint32_t task = 0; task < tasks; ++task) {
      REQUIRE_FALSE(expected[task].empty());
      REQUIRE(gate.rows(task) == expected[task]);
    }
    REQUIRE(gate.gate.rows_sent() == rows.size());
  }
}

TEST_CASE("OnlySelectedRowsAreSent") {
  Gate gate({.kind = DistributionKind::kHash, .columns = {0}}, 2);
  gate.gate.send(with_selection(table_batch(many_rows(10)), {2, 5}));
  std::vector<std::string> all = gate.rows(0);
  for (std::string& row : gate.rows(1)) all.push_back(std::move(row));
  const Rows rows = many_rows(10);
  REQUIRE(sorted(all) == sorted(json_of({rows[2], rows[5]})));
  REQUIRE(gate.gate.rows_sent() == 2);
}

TEST_CASE("WithoutKeysAllRowsGoToTheFirst") {
  Gate gate({.kind = DistributionKind::kHash, .columns = {}}, 3, 1);
  gate.gate.send(table_batch(many_rows(4)));
  REQUIRE(gate.rows(0).size() == 4);
  REQUIRE(gate.rows(1).empty());
}

TEST_CASE("MarksGoEverywhere") {
  for (const auto kind : {DistributionKind::kForward, DistributionKind::kHash,
                          DistributionKind::kRebalance, DistributionKind::kBroadcast}) {
    Gate gate({.kind = kind, .columns = {0}}, 2);
    gate.gate.send_mark(Watermark{3});
    REQUIRE(gate.rows(0) == std::vector<std::string>{"mark"});
    REQUIRE(gate.rows(1) == std::vector<std::string>{"mark"});
    REQUIRE(gate.gate.rows_sent() == 0);
  }
}

TEST_CASE("WhatDoesNotFitIsKeptBackInOrder") {
  Gate gate({.kind = DistributionKind::kForward}, 1, 0, 2);
  const Rows rows = many_rows(5);
  for (const Row& row : rows) gate.gate.send(table_batch({row}));
  gate.gate.send_mark(Watermark{9});
  REQUIRE_FALSE(gate.gate.has_room());
  std::vector<std::string> received;
  for (int round = 0; round < 3; ++round) {
    for (std::string& row : gate.rows(0)) received.push_back(std::move(row));
    const bool room = gate.gate.has_room();
    REQUIRE(room == (round >= 1));
  }
  std::vector<std::string> expected = json_of(rows);
  expected.push_back("mark");
  REQUIRE(received == expected);
  REQUIRE(gate.gate.rows_sent() == 5);
}

TEST_CASE("NothingOvertakesWhatIsKeptBack") {
  Gate gate({.kind = DistributionKind::kForward}, 1, 0, 1);
  const Rows rows = many_rows(3);
  gate.gate.send(table_batch({rows[0]}));
  gate.gate.send(table_batch({rows[1]}));
  REQUIRE(gate.rows(0) == json_of({rows[0]}));
  gate.gate.send(table_batch({rows[2]}));  // The channel has room, but another was here before.
  REQUIRE_FALSE(gate.gate.has_room());
  REQUIRE(gate.rows(0) == json_of({rows[1]}));
  REQUIRE(gate.gate.has_room());
  REQUIRE(gate.rows(0) == json_of({rows[2]}));
}

}  // namespace
}  // namespace weir
