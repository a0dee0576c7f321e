// How an operator works off a watermark with everything in memory: in how many calls of process,
// and how often it asks for what is due.
#pragma once

#include "tests/operators/harness.h"

#include <catch2/catch.hpp>

#include <memory>
#include <string>

namespace weir {

struct WorkedOff {
  size_t calls = 0;
  size_t asked = 0;
};

// Of the last of the case's steps; `table` is whose due rows are counted.
inline WorkedOff work_off(const OperatorCase& the_case, const std::string& table) {
  struct Counting : MemoryResidency {
    std::string table;
    size_t asked = 0;
    Readiness prefetch_until(std::string_view name, int64_t) override {
      asked += name == table ? 1 : 0;
      return Readiness::kReady;
    }
  };
  struct Nowhere : Output {
    void emit(Port, RecordBatch) override {}
    bool is_open(Port port) const override { return port == kRowsPort; }
  };
  auto residency = std::make_unique<Counting>();
  Counting& counting = *residency;
  counting.table = table;
  TaskState state(128, {0, 127}, std::move(residency));
  const std::unique_ptr<Operator> op = the_case.make(state);
  Nowhere out;
  WorkedOff worked;
  for (const Step& step : the_case.input) {
    worked = {};
    counting.asked = 0;
    for (bool done = false; !done; ++worked.calls) {
      REQUIRE(op->prefetch(step.port, step.element) == Readiness::kReady);
      const Result<Progress> progress = op->process(step.port, step.element, 0, out);
      REQUIRE(progress.ok());
      done = *progress == Progress::kDone;
    }
    worked.asked = counting.asked;
  }
  return worked;
}

}  // namespace weir
