// What a request asks for: its target taken apart, and its body read. Strict: what is not known is
// refused with the nearest known name, since a misspelt key would else be a setting that is
// silently not made. Pure.
#pragma once

#include "runtime/coordinator/cluster_api.h"
#include "runtime/messages/api_message.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

struct ApiTarget {
  std::vector<std::string> path;  // Segments, decoded: {"api", "v1", "jobs", "my job"}
  std::map<std::string, std::string> query;

  bool operator==(const ApiTarget&) const = default;
};

// kUser error for escapes that are none, zero bytes, and a parameter that stands twice.
Result<ApiTarget> parse_target(std::string_view target);

// The opposite for one segment of a path, or one value of a query.
std::string percent_encoded(std::string_view text);

// A body of JSON (see "Submit" in api_schemas.cc), or of SQL with the rest in the query.
Result<SubmitRequest> read_submit(const ApiTarget& target, const ApiRequest& request);

// {"to": "..."}; an empty body stands for {}.
Result<std::string> read_place(const ApiRequest& request);

// {"parallelism": n}
Result<uint32_t> read_parallelism(const ApiRequest& request);

}  // namespace weir
