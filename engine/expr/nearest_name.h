// "Did you mean": the known name that a misspelt one is nearest to.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

// Nearest by insertions, deletions, replacements and swaps of neighbours, letters compared without
// case; the first of equally near ones. Absent if none is near: long names may differ in three
// places, short ones in one or none.
std::optional<std::string> nearest_name(std::string_view name,
                                        const std::vector<std::string>& known);

// "; did you mean \"amount\"?", to be put behind a message; empty if no known name is near.
std::string did_you_mean(std::string_view name, const std::vector<std::string>& known);

}  // namespace weir
