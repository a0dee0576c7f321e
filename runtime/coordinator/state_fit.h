// Whether a plan can go on from a checkpoint: what becomes of each table of state, of where the
// sources stand, and of the output that is marked.
//
// Pure. The tables of a plan are those that its tasks declare (report::Prepared).
#pragma once

#include "engine/base/status.h"
#include "engine/plan/plan.h"
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

// What a step goes on with.
enum class Kept {
  kRows,       // Of a table.
  kPositions,  // Of a source.
  kOutput,     // Of a sink: how far it is delivered.
};

struct StepFit {
  std::string step;
  Fit fit = Fit::kKept;
  std::string planned;  // Signatures; empty where there is none.
  std::string stored;
  Kept kept = Kept::kRows;

  bool operator==(const StepFit&) const = default;
};

// The sources and sinks that do not go on as they are, then each table; in the order of names.
std::vector<StepFit> fit_of(const Manifest& from, const Plan& plan,
                            const std::vector<DeclaredTable>& planned);

// kUser unless everything is kept: which step does not fit, and what to do. Every life that begins
// with a checkpoint is checked, wherever that is from.
Status check_fit(const Manifest& from, const Plan& plan, const std::vector<DeclaredTable>& planned);

// The part of it that is known before there are tasks: a source or a sink that the plan leaves out
// or, once the job is finished, one that it adds.
Status check_ends(const Manifest& from, const Plan& plan);

}  // namespace weir
