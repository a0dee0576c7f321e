#include "operators/connectors/file/part_folder.h"

#include "operators/connectors/file/part_file.h"

#include <fmt/format.h>

#include <charconv>
#include <filesystem>
#include <system_error>

namespace weir {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPart = "part-";

// And those above it. What is written durably into a folder is lost with it if its own entry is not
// durable.
Status make_durable_folder(const fs::path& folder) {
  std::error_code error;
  if (fs::is_directory(folder, error)) return {};
  const fs::path parent = folder.has_parent_path() ? folder.parent_path() : ".";
  if (parent != folder) TRY(make_durable_folder(parent));
  fs::create_directory(folder, error);
  if (error) {
    return user_error(fmt::format("cannot make folder {}: {}", folder.string(), error.message()));
  }
  return sync_folder(parent.string());
}

}  // namespace

Result<FolderLock> open_part_folder(const std::string& folder, const SinkLane& lane) {
  TRY(make_durable_folder(fs::path(folder).lexically_normal()));
  return FolderLock::take(folder, fmt::format("{}\n{}\n", lane.lineage, lane.sink));
}

Status each_name(const std::string& folder, const std::function<void(const std::string&)>& visit) {
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    visit(it->path().filename().string());
  }
  if (error) return unavailable(fmt::format("cannot list folder {}: {}", folder, error.message()));
  return {};
}

std::optional<uint64_t> number_at(const std::string& text, size_t position) {
  uint64_t number = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data() + position, end, number);
  if (error != std::errc()) return std::nullopt;
  return number;
}

std::string part_prefix(uint32_t slot) { return fmt::format("{}{}-", kPart, slot); }

std::string part_name(std::string_view prefix, Epoch epoch, size_t index, std::string_view suffix) {
  return fmt::format("{}{:010}-{:06}{}", prefix, epoch.value(), index, suffix);
}

std::optional<uint64_t> epoch_of_part(const std::string& name) {
  if (!name.starts_with(kPart)) return std::nullopt;
  const size_t dash = name.find('-', kPart.size());
  if (dash == std::string::npos || !number_at(name, kPart.size())) return std::nullopt;
  return number_at(name, dash + 1);
}

}  // namespace weir
