#include "engine/base/status.h"

namespace weir {

const char* to_text(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kUser: return "user";
    case ErrorKind::kBadData: return "bad_data";
    case ErrorKind::kUnavailable: return "unavailable";
    case ErrorKind::kFenced: return "fenced";
    case ErrorKind::kCorrupt: return "corrupt";
  }
  unreachable();
}

Error user_error(std::string message) { return {ErrorKind::kUser, std::move(message)}; }
Error bad_data(std::string message) { return {ErrorKind::kBadData, std::move(message)}; }
Error unavailable(std::string message) { return {ErrorKind::kUnavailable, std::move(message)}; }
Error corrupt(std::string message) { return {ErrorKind::kCorrupt, std::move(message)}; }

}  // namespace weir
