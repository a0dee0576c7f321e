// Whether a plan can go on from a checkpoint: what becomes of each table of state.
//
// Pure. The tables of a plan are those that its tasks declare (report::Prepared).
#pragma once

#include "engine/base/status.h"
#include "state/checkpoint.h"

#include <string>
#include <vector>

namespace weir {

enum class Fit {
  kKept,      // The step goes on with its state.
  kReset,     // The step keeps other columns, or means something else: its state would be lost.
  kOrphaned,  // The step is gone: its state would be lost.
  kNew,       // The step is new and begins without what came before.
};

const char* to_text(Fit fit);

struct StepFit {
  std::string step;
  Fit fit = Fit::kKept;
  std::string planned;  // Signatures; empty where there is none.
  std::string stored;

  bool operator==(const StepFit&) const = default;
};

// By table, in the order of names.
std::vector<StepFit> fit_of(const Manifest& from, const std::vector<DeclaredTable>& planned);

// kUser unless everything is kept: which step does not fit, and what to do.
Status check_fit(const Manifest& from, const std::vector<DeclaredTable>& planned,
                 uint32_t key_groups);

// The error for a script that is not the one that the state belongs to. `what`: how it shows.
Error misfit(const Manifest& from, const std::string& what);

}  // namespace weir
