// Which channel of a job is meant, the same in every process that made the job's Plan.
#pragma once

#include <compare>
#include <cstdint>
#include <string>

namespace weir {

struct ChannelKey {
  uint32_t edge = 0;  // Of the Plan.
  uint32_t from = 0;  // Instance of the chain that sends.
  uint32_t to = 0;    // Instance of the chain that receives.

  auto operator<=>(const ChannelKey&) const = default;
};

// For messages: "edge=3 from=0 to=1".
std::string to_text(const ChannelKey& key);

}  // namespace weir
