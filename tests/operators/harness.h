// The operator harness: one case, every schedule that a task may put an operator through.
//
// A case is an operator, its input in order, and the rows that must come out by each port, in any
// order. check_operator runs it
//
//   - as given, row by row, all rows at once, and cut at random into batches, some dense, some a
//     selection of a larger one;
//   - with a residency that says Pending first and fails when what was not granted is used;
//   - with its state saved after each element, which must not change anything;
//   - with a restore into a new instance after each element;
//   - with a restore into two and three instances after each element: keyed state goes by key
//     group, rows by the key's hash;
//   - with a restore, of one to three instances into one to three, out of what was saved as a whole
//     after the first element of a life and as changes after each one since;
//   - with a change from one to two to three instances and back, element by element
//   - with no row left in memory between elements (state/tiered_residency.h), also with changes of
//     instances
//
// An operator that tells time by the clock is asked before each element, as a task asks it, and
// none but the final one of the watermarks that it takes in is passed on. The harness
//
// asserts each time: the rows; batches that fit the port (schema, size, an open port, no row
// below a watermark that was passed on, which trails the one taken in by the operator's hold-back);
// a few batches in one call of process and progress in each call (kMore without output only while
// something is pending); prefetch until kReady before each call of process, until kDone, with
// nothing in between; rows in, rows out and the sums of the counters; and no state left over once
// the final watermark has passed.
#pragma once

#include "operators/operator.h"
#include "tests/operators/rows.h"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace weir {

struct Step {
  Port port;
  Element element;
};
using Steps = std::vector<Step>;

inline Step rows_step(RecordBatch batch) { return {Port{0}, std::move(batch)}; }
inline Step right_step(RecordBatch batch) { return {Port{1}, std::move(batch)}; }
inline Step watermark_step(int64_t at_seconds) { return {Port{0}, Watermark{seconds(at_seconds)}}; }
Step final_watermark_step();
inline Step barrier_step(uint64_t epoch) { return {Port{0}, Barrier{Epoch(epoch)}}; }
inline Step end_step() { return {Port{0}, EndOfStream{}}; }

// What became of the rows that did not come out.
struct Lost {
  uint64_t filtered = 0;
  uint64_t late = 0;
  uint64_t bad = 0;

  bool operator==(const Lost&) const = default;
};

struct OperatorCase {
  // Makes the operator and declares its state. Called anew for each instance.
  std::function<std::unique_ptr<Operator>(TaskState&)> make;
  Steps input;
  std::vector<SchemaPtr> outputs;               // By port; fewer than three: the others are closed.
  std::vector<bool> open = {true, true, true};  // Ports that are connected.
  // Input columns that decide which instance a row goes to; none: all rows to the first. Absent: it
  // does not matter.
  std::optional<std::vector<size_t>> keys;
  // The same for rows that enter by the right port of a join; absent: as `keys`.
  std::optional<std::vector<size_t>> right_keys;
  std::map<Port, std::vector<std::string>> expected;  // By port: rows as JSON, in any order.
  Lost lost;
  // Microseconds by which the clock has moved on by so many elements, back where it is set back;
  // absent: it stands still.
  std::function<int64_t(size_t element)> clock;
  // Makes rows of what left by the rows port, marks included, where comparing it as it is would ask
  // too much: the partial states of an aggregation. Absent: the rows themselves.
  std::function<std::vector<std::string>(const Steps&)> read_rows;
};

enum class Batching { kAsGiven, kRowByRow, kAllAtOnce, kRandom };

// How one run goes.
struct Schedule {
  std::string name;
  Batching batching = Batching::kAsGiven;
  uint64_t seed = 0;
  bool pending_first = false;
  bool evicts = false;     // All rows that can leave memory do, after each element.
  bool snapshots = false;  // After each element, taken and thrown away.
  size_t life = 1;         // Elements that pass between changes: state is saved after each of them.
  std::vector<uint32_t> instances = {1};  // After element i: instances[(i + 1) % size].
  std::optional<size_t> only_after;       // Changes once, after this element, to instances[1].
  bool restores = false;  // Into new instances after each element, also if their number stays.
};

struct Run {
  Steps out;                                      // What left by the rows port, with the marks.
  std::map<Port, std::vector<std::string>> rows;  // By port, sorted; the rows port as it is.
  StepCounters counters;                          // Of all instances.
  size_t state_bytes_max = 0;                     // Largest of any instance, after any element.
};

// One run, with all assertions but those on expected rows.
Run run_operator(const OperatorCase& the_case, const Schedule& schedule);

// All runs.
void check_operator(const OperatorCase& the_case);

std::vector<std::string> sorted(std::vector<std::string> rows);

// The elements of a stream with its rows joined or cut anew between the marks.
Steps rebatched(const Steps& steps, Batching batching, std::mt19937_64& dice);

}  // namespace weir
