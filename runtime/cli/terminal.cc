#include "runtime/cli/terminal.h"

#include <cstdlib>
#include <string_view>
#include <unistd.h>

namespace weir {
namespace {

std::string_view variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace

bool on_terminal() {
  return isatty(STDERR_FILENO) == 1 && variable("NO_COLOR").empty() && variable("TERM") != "dumb";
}

}  // namespace weir
