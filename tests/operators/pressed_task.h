// A window that fires while other tasks ask for memory.
#pragma once

#include "tests/operators/rows.h"
#include "tests/state/map_store.h"
#include "tests/state/store_folder.h"

#include <catch2/catch.hpp>

#include <list>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace weir {

// A task of many, of which another one asks for all memory as soon as a window fires.
class PressedTask {
 public:
  static constexpr size_t kRows = 99'999;

  PressedTask() {
    for (int i = 0; i < 100; ++i) others_.emplace_back(budget_);
  }

  TaskState& state() { return state_; }

  void put(Operator& op, Port port, RecordBatch rows) {
    REQUIRE(*op.process(port, std::move(rows), 0, out_) == Progress::kDone);
  }
  // What may leave does.
  void press() {
    others_.front().use(budget_.bytes());
    REQUIRE(state_.make_room().ok());
  }
  // The windows until 00:00:10.
  std::vector<std::string> fire(Operator& op) {
    const Element watermark = Watermark{seconds(10)};
    for (Progress progress = Progress::kMore; progress == Progress::kMore;) {
      REQUIRE(op.prefetch(kRowsPort, watermark) == Readiness::kReady);
      progress = *op.process(kRowsPort, watermark, 0, out_);
      others_.front().use(budget_.bytes());
      if (op.rows_may_leave()) press();
    }
    return out_.rows(kRowsPort);
  }
  // Of one window with so many rows of each key.
  std::vector<std::string> fire(Operator& op, const SchemaPtr& input, size_t rows_of_key) {
    put(op, kRowsPort, rows_of(input, rows_of_key));
    return fire(op);
  }

 private:
  // A key, and the window in as many columns as there are.
  static RecordBatch rows_of(const SchemaPtr& input, size_t rows_of_key) {
    RecordBatch batch;
    batch.schema = input;
    batch.rows = kRows;
    for (const Field& field : input->fields) {
      ColumnWriter writer(field.type, kRows);
      for (size_t i = 0; i < kRows; ++i) {
        const auto key = static_cast<int64_t>(i / rows_of_key);
        writer.append(batch.columns.empty() ? key : seconds(10));
      }
      batch.columns.push_back(std::move(writer).finish());
    }
    return batch;
  }

  const StoreFolder folder_ = StoreFolder::quick();
  StateBudget budget_{64 << 20};
  std::list<StateBudget::Share> others_;
  TaskState state_{128,
                   {0, 127},
                   std::make_unique<TieredResidency>(TierSetup{
                       .folder = folder_.path(), .open = &MapStore::open, .budget = &budget_})};
  CollectedOutput out_;
};

inline void check_each_once(const std::vector<std::string>& rows) {
  REQUIRE(rows.size() == PressedTask::kRows);
  REQUIRE(std::set(rows.begin(), rows.end()).size() == PressedTask::kRows);
}

}  // namespace weir
