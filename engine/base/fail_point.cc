#include "engine/base/fail_point.h"

#include <csignal>
#include <cstdint>
#include <cstdlib>

namespace weir::fail_point {

std::atomic<bool> is_armed{false};

namespace {

std::string armed_name;
std::atomic<int64_t> passages_left{0};

}  // namespace

void arm(const std::string& place) {
  const size_t colon = place.find(':');
  armed_name = place.substr(0, colon);
  passages_left = colon == std::string::npos ? 1 : std::atoll(place.c_str() + colon + 1);
  is_armed = true;
}

void pass(std::string_view name) {
  if (name != armed_name || --passages_left != 0) return;
  std::raise(SIGKILL);
}

}  // namespace weir::fail_point
