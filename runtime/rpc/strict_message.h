// What reading a message of another process strictly comes down to: nothing in it that is not
// understood, and nothing absent that must be there. Errors are kBadData and start with `what`, the
// kind of message. Pure functions; any thread.
#pragma once

#include "engine/base/status.h"

#include <google/protobuf/message.h>

#include <string_view>

namespace weir {

Error bad_message(std::string_view what, std::string_view trouble);

// Unknown fields, at any depth, are errors too.
Status parse_strictly(google::protobuf::Message& out, std::string_view bytes,
                      std::string_view what);

// As parse_strictly, but unknown fields are let pass.
Status parse_leniently(google::protobuf::Message& out, std::string_view bytes,
                       std::string_view what);

// An error that says that `part` is missing, unless it is there.
Status require_part(bool is_there, std::string_view what, std::string_view part);

}  // namespace weir
