#include "runtime/messages/addresses.h"

#include <algorithm>
#include <utility>

namespace weir {

Result<std::vector<HostPort>> parse_addresses(std::string_view addresses) {
  std::vector<HostPort> parsed;
  for (;;) {
    const size_t comma = std::min(addresses.find(','), addresses.size());
    HostPort one = TRY(parse_address(addresses.substr(0, comma)));
    parsed.push_back(std::move(one));
    if (comma == addresses.size()) return parsed;
    addresses.remove_prefix(comma + 1);
  }
}

}  // namespace weir
