// A model of what a broker keeps for one sink slot: one transactional id, one output partition, and
// the marker of its group. It follows the rules of Kafka's transaction coordinator for producers
// that do not raise their epoch at the end of each transaction.
//
//   state     init              send, same epoch   end, same epoch      else
//   --------  ----------------  -----------------  -------------------  ------------------
//   empty     epoch + 1         ongoing            invalid              sweep: -
//   ongoing   abort, epoch + 1  ongoing            prepare; "done"      time-out: abort, epoch + 1
//   prepare   try again         try again          try again            sweep: complete, visible
//   complete  epoch + 1         ongoing            "done"               -
//   aborted   epoch + 1         ongoing            invalid              -
//
// A request of another epoch is refused: fenced. The group learns of a marker only some time after
// its transaction has completed (brokers before 4.0): finish().
#pragma once

#include "engine/base/checkpoint_id.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace weir {

struct OutputRow {
  uint8_t key = 0;
  uint16_t count = 0;
};

// Output that was sealed at a barrier.
struct Sealed {
  CheckpointId id;
  std::vector<OutputRow> rows;
};

class Lane {
 public:
  enum class State : uint8_t { kEmpty, kOngoing, kPrepare, kComplete, kAborted };
  enum class Answer : uint8_t { kDone, kFenced, kInvalid, kAgain };

  // REQUIRES: may_init().
  int init();
  bool may_init() const { return state_ != State::kPrepare; }
  Answer send(int epoch, const Sealed& segment);
  Answer send_marker(int epoch, CheckpointId marker);
  Answer end(int epoch);
  void time_out();

  // The coordinator of transactions writes its marks: what becomes visible now.
  struct Visible {
    std::vector<OutputRow> rows;
    std::string violation;  // Of "marker >= n exactly where the output of n is visible", or ""
  };
  Visible complete();
  void finish();

  // Whether a read that asks for stable offsets is answered.
  bool is_stable() const { return !finishing_.has_value() && !pending_marker_.has_value(); }
  CheckpointId marker() const { return marker_; }
  State state() const { return state_; }
  bool is_finishing() const { return finishing_.has_value(); }
  void write_key(std::string& key) const;

 private:
  Answer open(int epoch);
  void abort();

  int epoch_ = 0;
  State state_ = State::kEmpty;
  std::vector<Sealed> pending_;
  std::optional<CheckpointId> pending_marker_;
  std::optional<CheckpointId> finishing_;
  CheckpointId marker_;
};

// Appends to a key that is equal exactly for equal states.
void put(std::string& key, uint64_t value);
void put(std::string& key, CheckpointId id);
void put(std::string& key, const Sealed& sealed);

}  // namespace weir
