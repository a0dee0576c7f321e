#include "runtime/task/declared_tables.h"

#include "engine/plan/state_meaning.h"

#include <algorithm>

namespace weir {
namespace {

// "step.table" is of the step before the last dot: the step's name may have dots too.
std::string meaning_of(const ChainPlan& chain, const std::string& table) {
  const std::string step = table.substr(0, table.rfind('.'));
  for (const StagePlan& stage : chain.stages) {
    if (stage.id == step) return state_meaning(stage.spec);
  }
  return {};
}

}  // namespace

std::vector<DeclaredTable> declared_tables(const ChainPlan& chain, const TaskState& state) {
  std::vector<DeclaredTable> tables;
  for (auto& [name, signature] : state.signatures()) {
    const std::string meaning = meaning_of(chain, name);
    tables.push_back({name, meaning.empty() ? signature : signature + ", " + meaning});
  }
  return tables;
}

std::vector<DeclaredTable> merged(std::vector<DeclaredTable> tables) {
  const auto by_name = [](const DeclaredTable& a, const DeclaredTable& b) {
    return a.name < b.name;
  };
  std::stable_sort(tables.begin(), tables.end(), by_name);
  const auto same = [](const DeclaredTable& a, const DeclaredTable& b) { return a.name == b.name; };
  tables.erase(std::unique(tables.begin(), tables.end(), same), tables.end());
  return tables;
}

}  // namespace weir
