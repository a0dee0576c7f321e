// The messages of runtime/messages as bytes: Protocol Buffers of proto/weir/cluster.proto. A
// JobGraph travels as its JSON. Pure functions; any thread.
//
// Reading is strict: bytes that are no such message, a variant that is not known, a part that is
// missing or a value out of its range is a kBadData error that says which, and never more. Both
// ends are of one version (the coordinator refuses a Hello of another), so unknown fields are
// refused too, except in Hello, which must be understood to be refused.
#pragma once

#include "engine/base/status.h"
#include "engine/plan/graph_text.h"
#include "runtime/messages/messages.h"

#include <string>
#include <string_view>

namespace weir {

std::string encode_to_worker(const ToWorker& message);
Result<ToWorker> decode_to_worker(std::string_view bytes, const ExpressionReader& reader);

std::string encode_from_worker(const FromWorker& message);
Result<FromWorker> decode_from_worker(std::string_view bytes);

std::string encode_hello(const Hello& hello);
Result<Hello> decode_hello(std::string_view bytes);

std::string encode_welcome(const Welcome& welcome);
Result<Welcome> decode_welcome(std::string_view bytes);

}  // namespace weir
