// Which requests get as far as the handler, judged by their heads alone. Pure functions; any
// thread.
#pragma once

#include "runtime/messages/api_message.h"
#include "runtime/messages/security.h"

#include <optional>
#include <string_view>

namespace weir {

// Of what a request says before its body; a header that is absent is empty.
struct RequestHead {
  std::string_view method;
  std::string_view target;
  std::string_view host;
  std::string_view origin;
  std::string_view authorization;
  bool presents_certificate = false;  // One that was verified.
};

// The answer to a request that is not for the handler; absent for all others.
//
// Beside token and certificate, two attacks through a user's own browser are kept out, since on
// loopback nothing else would: a page of another site that sends a request (its Origin is not the
// Host), and a name of another site that was made to point here (the Host is a name, but not
// localhost, and neither token nor certificate is asked for).
std::optional<ApiReply> refuse_request(const RequestHead& head, const Security& security);

}  // namespace weir
