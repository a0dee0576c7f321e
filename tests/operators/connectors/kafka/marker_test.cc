// Goal: a marker is read as it was written, and what follows from it is right. Method: examples of
// every relation between a marker and a checkpoint; every short story of lives that open and close
// slots; a real broker for the asking.
#include "operators/connectors/kafka/marker.h"

#include "tests/operators/connectors/kafka/real_broker.h"

#include <catch2/catch.hpp>

#include <map>
#include <set>
#include <vector>

namespace weir::kafka {

namespace {

CheckpointId id_of(uint64_t generation, uint64_t epoch) {
  return {Generation(generation), Epoch(epoch)};
}

Marker marker_of(uint64_t generation, uint64_t epoch, uint32_t chunk, uint32_t chunks) {
  return {.id = id_of(generation, epoch), .chunk = chunk, .chunks = chunks};
}

Result<uint32_t> committed(const Marker& marker, CheckpointId id, uint32_t chunks) {
  return chunks_committed(StoredMarker{marker, 1}, id, chunks, "topic=t");
}

// A checkpoint of a lineage, and how many deliveries there had been.
struct Saved {
  CheckpointId id;
  std::set<uint32_t> open;
  int deliveries = 0;
};

// What a life does after it has prepared its slots: it may die at once, and of its slots one may
// deliver, or none.
struct Deeds {
  uint32_t slots = 1;
  bool dies = false;
  std::optional<uint32_t> delivers;
};

// The output of a sink over the lives of a job, as Kafka and the manifests know it.
class Lineage {
 public:
  std::vector<Saved> saved;

  bool is_rewind(const Saved& base) const { return base.deliveries < deliveries_; }

  // The life of `deeds` that goes on from `base`, unless it is refused.
  Status live(const Saved& base, const Deeds& deeds) {
    ++generation_;
    for (uint32_t slot = 0; slot < deeds.slots; ++slot) TRY(prepare(slot, base, deeds));
    if (deeds.dies) return {};
    std::set<uint32_t> open;
    for (uint32_t slot = 0; slot < deeds.slots; ++slot) open.insert(slot);
    saved.push_back({id_of(generation_, 1), open, deliveries_});
    if (!deeds.delivers.has_value()) return {};
    Marker& marker = markers_.at(*deeds.delivers);
    marker = {.id = id_of(generation_, 2), .chunk = 1, .chunks = 1, .slots = marker.slots};
    saved.push_back({marker.id, open, ++deliveries_});
    return {};
  }

  // As after seven days in which the last life ran: nobody renews slots that are closed.
  void forget_closed() {
    std::erase_if(markers_,
                  [this](const auto& known) { return !saved.back().open.contains(known.first); });
  }

 private:
  std::optional<StoredMarker> stored(uint32_t slot) const {
    const auto found = markers_.find(slot);
    if (found == markers_.end()) return std::nullopt;
    return StoredMarker{found->second, 1};
  }

  Status prepare(uint32_t slot, const Saved& base, const Deeds& deeds) {
    SlotPast past{.is_new = !base.open.contains(slot), .base = base.id, .slots = deeds.slots};
    past.closing = std::set<uint32_t>(base.open.lower_bound(deeds.slots), base.open.end());
    TRY(check_marker(stored(slot), past.base, past.is_new, "slot"));
    if (slot != 0) {
      markers_[slot] = opened(stored(slot));
      return {};
    }
    CheckpointId newest;
    for (const auto& [closed, may_miss] : closed_slots(stored(0), past)) {
      TRY(check_marker(stored(closed), past.base, may_miss, "closed slot"));
      if (stored(closed).has_value()) newest = std::max(newest, stored(closed)->marker.id);
    }
    markers_[0] = opened(stored(0), newest, past.slots);
    return {};
  }

  uint64_t generation_ = 0;
  int deliveries_ = 0;
  std::map<uint32_t, Marker> markers_;
};

std::vector<Deeds> all_deeds() {
  std::vector<Deeds> all;
  for (uint32_t slots = 1; slots <= 3; ++slots) {
    all.push_back({.slots = slots, .dies = true});
    all.push_back({.slots = slots});
    for (uint32_t slot = 0; slot < slots; ++slot) all.push_back({slots, false, slot});
  }
  return all;
}

// Every story of `lives` more lives, from any checkpoint there is. Gives how many were refused.
int tell(const Lineage& before, int lives) {
  if (lives == 0) return 0;
  int refused = 0;
  for (const bool forgets : {false, true}) {
    for (const Saved& base : before.saved) {
      for (const Deeds& deeds : all_deeds()) {
        Lineage after = before;
        if (forgets) after.forget_closed();
        const Status lived = after.live(base, deeds);
        const bool is_newest = base.id == before.saved.back().id;
        if (before.is_rewind(base) ? lived.ok() : is_newest && !lived.ok()) {
          INFO((lived.ok() ? "a rewind was not noticed" : lived.error().message));
          FAIL("generation " << base.id.generation.value() << " epoch " << base.id.epoch.value()
                             << " at " << deeds.slots << ", lives left " << lives);
        }
        if (lived.ok()) refused += tell(after, lives - 1);
        if (!lived.ok()) ++refused;
      }
    }
  }
  return refused;
}

}  // namespace

TEST_CASE("AMarkerIsReadAsItWasWritten") {
  CHECK(to_text(marker_of(3, 1041, 2, 3)) == "v1 3 1041 2 of 3");
  CHECK(to_text({.id = id_of(3, 7), .slots = 4}) == "v1 3 7 0 of 0 slots 4");
  for (const Marker& marker : {Marker{}, marker_of(3, 1041, 2, 3), Marker{.slots = UINT32_MAX},
                               marker_of(UINT64_MAX, UINT64_MAX, UINT32_MAX, UINT32_MAX)}) {
    CHECK(parse_marker(to_text(marker)).value() == marker);
  }
}

TEST_CASE("WhatIsNoMarkerIsRefused") {
  for (const char* text : {"", "v1", "v2 1 1 1 of 1", "v1 1 1 1 of", "v1 1 1 1 of 1 ",
                           "v1 -1 1 1 of 1", "v1 1 1 2 of 1", "v1 1 1 1 of 1 slots",
                           "v1 1 1 1 of 1 slots 2 ", "v1 99999999999999999999 1 1 of 1"}) {
    INFO(text);
    const auto read = parse_marker(text);
    REQUIRE_FALSE(read.ok());
    CHECK(read.error().kind == ErrorKind::kCorrupt);
  }
}

TEST_CASE("AMarkerSaysHowManyChunksAreCommitted") {
  CHECK(committed(Marker{}, id_of(1, 1), 3).value() == 0);
  CHECK(committed(marker_of(1, 1, 2, 2), id_of(1, 2), 3).value() == 0);
  CHECK(committed(marker_of(1, 7, 2, 2), id_of(2, 5), 3).value() == 0);
  CHECK(committed(marker_of(1, 2, 1, 3), id_of(1, 2), 3).value() == 1);
  CHECK(committed(marker_of(1, 2, 3, 3), id_of(1, 2), 3).value() == 3);
  // One life of a job delivers in order.
  CHECK(committed(marker_of(1, 3, 1, 2), id_of(1, 2), 3).value() == 3);
}

TEST_CASE("OutputOfALaterLifeIsNotRewound") {
  const auto refused = committed(marker_of(2, 3, 1, 1), id_of(1, 9), 1);
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().kind == ErrorKind::kCorrupt);
  CHECK_THAT(refused.error().message, Catch::Contains("refusing to rewind") &&
                                          Catch::Contains("generation=2 epoch=3") &&
                                          Catch::Contains("--fork"));
}

// With any parallelism of either life, whichever slot had output, and whatever Kafka has forgotten
// of slots that are closed.
TEST_CASE("ALifeIsRefusedWhenAnySlotHasOutputAfterItsBaseAndNeverFromTheNewest") {
  for (const Deeds& first : all_deeds()) {
    Lineage lineage;
    REQUIRE(lineage.live({}, first).ok());
    if (!first.dies) CHECK(tell(lineage, 3) > 0);
  }
}

TEST_CASE("AClosedSlotOfAnEarlierReleaseMayBeForgotten") {
  SlotPast past{.base = id_of(1, 5), .slots = 1};
  past.closing = {1, 2};
  using May = std::map<uint32_t, bool>;
  CHECK(closed_slots(StoredMarker{}, past) == May{{1, true}, {2, true}});
  CHECK(closed_slots(StoredMarker{{.slots = 4}}, past) == May{{1, false}, {2, false}, {3, true}});
}

TEST_CASE("AMissingMarkerIsAnAlarm") {
  const auto refused = chunks_committed(std::nullopt, id_of(1, 1), 1, "topic=t id=x");
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().kind == ErrorKind::kCorrupt);
  CHECK_THAT(refused.error().message,
             Catch::Contains("no marker: topic=t id=x") && Catch::Contains("retention"));
}

TEST_CASE("ASegmentThatTheMarkerDoesNotFitIsRefused") {
  CHECK(committed(marker_of(1, 2, 1, 3), id_of(1, 2), 4).error().kind == ErrorKind::kCorrupt);
  CHECK(committed(marker_of(1, 2, 1, 3), id_of(1, 3), 1).error().kind == ErrorKind::kCorrupt);
}

TEST_CASE("AGroupThatNeverCommittedHasNoMarker") {
  TestTopic topic(1);
  CHECK_FALSE(topic.marker(random_name()).has_value());
}

TEST_CASE("BrokersThatDoNotAnswerAreAnAnswer") {
  const auto reader = MarkerReader::make({.brokers = "127.0.0.1:1", .topic = "t"}, "g").value();
  const MarkerAnswer answer = reader->ask(200);
  CHECK(answer.code != RD_KAFKA_RESP_ERR_NO_ERROR);
  CHECK_FALSE(answer.reason.empty());
}

}  // namespace weir::kafka
