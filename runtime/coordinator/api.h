// The REST interface: requests to calls of ClusterApi, and what it answers to documents
// (documents.h).
//
// docs/rest.md describes it, openapi.h to programs. Pure but for the calls; any thread, several at
// a time. Errors are documents too: {"error": {"kind": ..., "message": ..., "line": n,
// "column": n}}, the last two only where an error has a place in a script.
#pragma once

#include "runtime/coordinator/cluster_api.h"
#include "runtime/messages/api_message.h"

#include <span>
#include <string_view>
#include <vector>

namespace weir {

// HEAD is answered as GET: whoever sends the reply leaves the body out.
ApiReply handle_api(ClusterApi& cluster, const ApiRequest& request);

struct ApiParameter {
  std::string_view name;
  std::string_view type;      // As in schemas (api_schemas.h).
  std::string_view sentence;  // What it means.
};

// What is served, and what the OpenAPI document says of it.
struct ApiRoute {
  std::string_view method;
  std::string_view path;  // "/api/v1/jobs/{job}/plan"
  std::string_view sentence;
  int status = 200;                     // Where all is well.
  std::string_view answer;              // Name of a schema, or a media type.
  std::string_view body;                // Name of a schema; empty: it takes none.
  std::span<const ApiParameter> query;  // All may be left out.
};
std::vector<ApiRoute> api_routes();

}  // namespace weir
