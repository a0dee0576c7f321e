// Memory of this process: how much there is for it, and how much it has.
//
// What it has is its anonymous memory: what it allocated, without code, mapped files and the page
// cache, which the system takes back when it needs them. It is what a number for memory
// (engine/plan/memory_plan.h) is about, and all figures for it are of this kind.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace weir {

// What holds where nobody gives a number: half of what the machine has, or of what the control
// group may have if that is less. The other half is for the page cache, where rows out of memory
// are read from.
uint64_t default_memory();

// The least that memory.max of the group, or of one that it is in, says. Absent: no limit, or no
// such file. `root`: where groups are mounted. `group`: "/a/b".
std::optional<uint64_t> group_limit(const std::string& root, const std::string& group);

// Has large pieces of memory go back to the system when they are freed, whoever frees them and
// whatever lies behind them. glibc keeps ever larger ones for itself otherwise: of buffers that
// come and go with each checkpoint it held twice what was in use. Before the first thread.
void return_large_pieces();

// Anonymous memory of this process, now.
uint64_t memory_bytes();

}  // namespace weir
