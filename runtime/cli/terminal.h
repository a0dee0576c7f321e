// What standard error is shown on.
#pragma once

namespace weir {

// Whether it is a terminal that may be coloured, and whose last line may be written over. Never
// with NO_COLOR in the environment, unless that is empty.
bool on_terminal();

}  // namespace weir
