#include "runtime/cli/process_memory.h"

#include "engine/data/text_form.h"

#include <algorithm>
#include <fstream>
#include <malloc.h>
#include <string_view>
#include <unistd.h>

namespace weir {
namespace {

// Buffers of fetches from Kafka are smaller: to have the system clear them each time costs 5 to 10
// %.
constexpr int kLargePiece = 16 << 20;
constexpr const char* kGroups = "/sys/fs/cgroup";
constexpr std::string_view kUnified = "0::";
constexpr std::string_view kAnonymous = "RssAnon:";

std::optional<uint64_t> number_in(const std::string& path) {
  std::ifstream file(path);
  std::string word;
  file >> word;
  const Result<int64_t> number = parse_bigint(word);
  if (!number.ok() || *number <= 0) return std::nullopt;
  return static_cast<uint64_t>(*number);
}

// Of this process; "/" if there is none.
std::string own_group() {
  std::ifstream file("/proc/self/cgroup");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(kUnified)) return line.substr(kUnified.size());
  }
  return "/";
}

}  // namespace

std::optional<uint64_t> group_limit(const std::string& root, const std::string& group) {
  std::optional<uint64_t> least;
  for (std::string path = group; !path.empty(); path.resize(path.rfind('/'))) {
    if (path.find('/') == std::string::npos) break;
    const std::optional<uint64_t> limit = number_in(root + path + "/memory.max");
    if (limit.has_value()) least = std::min(least.value_or(*limit), *limit);
  }
  const std::optional<uint64_t> all = number_in(root + "/memory.max");
  if (all.has_value()) least = std::min(least.value_or(*all), *all);
  return least;
}

uint64_t default_memory() {
  const uint64_t machine =
      static_cast<uint64_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  return std::min(machine, group_limit(kGroups, own_group()).value_or(machine)) / 2;
}

void return_large_pieces() {
  mallopt(M_MMAP_THRESHOLD, kLargePiece);
  mallopt(M_TRIM_THRESHOLD, 2 * kLargePiece);
}

uint64_t memory_bytes() {
  std::ifstream file("/proc/self/status");
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with(kAnonymous)) continue;
    std::string_view rest(line);
    rest.remove_prefix(kAnonymous.size());
    rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size()));
    const Result<int64_t> kilobytes = parse_bigint(rest.substr(0, rest.find(' ')));
    return kilobytes.ok() ? static_cast<uint64_t>(*kilobytes) * 1024 : 0;
  }
  return 0;
}

}  // namespace weir
