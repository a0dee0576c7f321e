// Names of folders that other processes are told: they must mean the same there.
#pragma once

#include <string>

namespace weir {

// A relative path from the root on; what is absolute, empty or a URL ("s3://...") stays as it is.
std::string absolute_place(const std::string& place);

}  // namespace weir
