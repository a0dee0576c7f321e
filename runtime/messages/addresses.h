// Where the coordinators of a cluster are, or the members of an etcd: one address or several.
#pragma once

#include "engine/base/status.h"
#include "runtime/messages/security.h"

#include <string_view>
#include <vector>

namespace weir {

// One or more of "host:port" (parse_address), separated by commas. kUser error for others.
Result<std::vector<HostPort>> parse_addresses(std::string_view addresses);

}  // namespace weir
