// A request to a coordinator and its answer, as HTTP has them: what the REST API, its server and
// the commands of a client hand to each other, whatever carries them.
#pragma once

#include <string>

namespace weir {

struct ApiRequest {
  std::string method;        // "POST"
  std::string target;        // "/api/v1/jobs?x=y": path and query, as they were sent
  std::string body;          // Empty: it has none.
  std::string content_type;  // Of the body; empty: not said.

  bool operator==(const ApiRequest&) const = default;
};

struct ApiReply {
  int status = 200;  // Of HTTP
  std::string body;
  std::string content_type;

  bool operator==(const ApiReply&) const = default;
};

}  // namespace weir
