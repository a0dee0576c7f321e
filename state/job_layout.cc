#include "state/job_layout.h"

#include "engine/base/hash.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>

namespace weir {
namespace {

constexpr size_t kPartBytesWanted = 160;
constexpr uint64_t kNumberMax = 1ULL << 62;  // There is always a next one.
constexpr std::string_view kGenerations = "generations";

bool stands_for_itself(char c, bool is_first) {
  return ('a' <= c && c <= 'z') || ('A' <= c && c <= 'Z') || ('0' <= c && c <= '9') || c == '_' ||
         (c == '.' && !is_first);
}

// Absent if it is not how a number is written.
std::optional<uint64_t> number_of(std::string_view text) {
  uint64_t number = 0;
  const char* end = text.data() + text.size();
  const auto [stopped, code] = std::from_chars(text.data(), end, number);
  const bool has_zeros_before = text.size() > 1 && text.front() == '0';
  if (code != std::errc() || stopped != end || has_zeros_before) return std::nullopt;
  if (number > kNumberMax) return std::nullopt;
  return number;
}

std::string_view next_part(std::string_view& rest) {
  const size_t slash = rest.find('/');
  const std::string_view part = rest.substr(0, slash);
  rest.remove_prefix(slash == std::string_view::npos ? rest.size() : slash + 1);
  return part;
}

}  // namespace

std::string name_part(std::string_view text) {
  std::string part;
  for (const char c : text) {
    if (stands_for_itself(c, part.empty())) {
      part += c;
    } else {
      part += fmt::format("-{:02x}", static_cast<unsigned char>(c));
    }
  }
  if (part.empty()) return "-";
  if (part.size() <= kPartBytesWanted) return part;
  return fmt::format("{}-x{:016x}", part.substr(0, kPartBytesWanted), hash_bytes(text));
}

JobLayout::JobLayout(std::string_view job) : folder_("jobs/" + name_part(job) + "/") {}

std::string JobLayout::generations() const { return fmt::format("{}{}/", folder_, kGenerations); }

std::string JobLayout::fence(Generation generation) const {
  return fmt::format("{}{}/fence", generations(), generation.value());
}

std::string JobLayout::base(Generation generation) const {
  return fmt::format("{}{}/base", generations(), generation.value());
}

std::string JobLayout::checkpoint(CheckpointId id) const {
  return fmt::format("{}{}/{}/", folder_, id.generation.value(), id.epoch.value());
}

std::string JobLayout::manifest(CheckpointId id) const { return checkpoint(id) + "manifest"; }

std::string JobLayout::committed(CheckpointId id) const { return checkpoint(id) + "committed"; }

std::string JobLayout::file(CheckpointId id, std::string_view chain, uint32_t instance,
                            std::string_view file) const {
  return fmt::format("{}{}.{}/{}", checkpoint(id), name_part(chain), instance, name_part(file));
}

Result<JobObject> JobLayout::read(std::string_view name) const {
  const Error unknown = corrupt(fmt::format(
      "cannot tell what {} is: no weir of this version writes it; move it away from the folder of "
      "the job",
      name));
  if (!name.starts_with(folder_)) return unknown;
  std::string_view rest = name.substr(folder_.size());
  JobObject object{.name = std::string(name)};

  const std::string_view first = next_part(rest);
  const bool is_record = first == kGenerations;
  const std::optional<uint64_t> generation = number_of(is_record ? next_part(rest) : first);
  if (!generation) return unknown;
  object.id.generation = Generation{*generation};
  if (is_record) {
    if (rest != "fence" && rest != "base") return unknown;
    object.kind = rest == "fence" ? JobObjectKind::kFence : JobObjectKind::kBase;
    return object;
  }

  const std::optional<uint64_t> epoch = number_of(next_part(rest));
  if (!epoch || rest.empty()) return unknown;
  object.id.epoch = Epoch{*epoch};
  if (rest == "manifest") {
    object.kind = JobObjectKind::kManifest;
  } else if (rest == "committed") {
    object.kind = JobObjectKind::kCommitted;
  } else if (rest.find('/') != std::string_view::npos) {
    object.kind = JobObjectKind::kFile;
  } else {
    return unknown;
  }
  return object;
}

}  // namespace weir
