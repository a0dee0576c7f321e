#include "tests/operators/folded_changes.h"

#include "operators/changes.h"

#include <catch2/catch.hpp>

#include <map>

namespace weir {

RecordBatch with_changes(RecordBatch batch, const std::vector<std::string>& changes) {
  const std::map<std::string, ChangeKind> kinds = {{"+I", ChangeKind::kInsert},
                                                   {"-U", ChangeKind::kUpdateBefore},
                                                   {"+U", ChangeKind::kUpdateAfter},
                                                   {"-D", ChangeKind::kDelete}};
  std::vector<ChangeKind> made;
  for (const std::string& change : changes) made.push_back(kinds.at(change));
  REQUIRE(made.size() == batch.rows);
  batch.change = change_column(made);
  return batch;
}

std::vector<std::string> folded_rows(const Steps& out) {
  std::map<std::string, int> rows;
  for (const Step& step : out) {
    const RecordBatch* batch = std::get_if<RecordBatch>(&step.element);
    if (batch == nullptr) continue;
    const RecordBatch dense = compact(*batch);
    const std::vector<std::string> texts = json_rows(dense);
    for (uint32_t row = 0; row < dense.rows; ++row) {
      rows[texts[row]] += takes_back(dense, row) ? -1 : 1;
      REQUIRE(rows[texts[row]] >= 0);
    }
  }
  std::vector<std::string> left;
  for (const auto& [text, count] : rows) left.insert(left.end(), static_cast<size_t>(count), text);
  return left;
}

}  // namespace weir
