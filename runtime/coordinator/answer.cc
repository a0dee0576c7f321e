#include "runtime/coordinator/answer.h"

namespace weir {
namespace {

RefusalKind kind_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kUser:
    case ErrorKind::kBadData: return RefusalKind::kUser;
    case ErrorKind::kUnavailable:
    case ErrorKind::kFenced: return RefusalKind::kUnavailable;
    case ErrorKind::kCorrupt: return RefusalKind::kCorrupt;
  }
  unreachable();
}

}  // namespace

std::string_view refusal_name(RefusalKind kind) {
  switch (kind) {
    case RefusalKind::kUser: return "user";
    case RefusalKind::kUnknown: return "unknown";
    case RefusalKind::kConflict: return "conflict";
    case RefusalKind::kUnavailable: return "unavailable";
    case RefusalKind::kCorrupt: return "corrupt";
  }
  unreachable();
}

Refusal refusal_of(Error error) {
  return {.kind = kind_of(error.kind), .message = std::move(error.message)};
}

}  // namespace weir
