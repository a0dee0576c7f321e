#include "state/snapshot_store.h"

#include "state/local_files.h"

#include <fmt/format.h>

#include <algorithm>

namespace weir {
namespace {

constexpr size_t kPartBytesMax = 255;

bool may_stand_in_name(char c) {
  return ('a' <= c && c <= 'z') || ('A' <= c && c <= 'Z') || ('0' <= c && c <= '9') || c == '.' ||
         c == '_' || c == '-';
}

bool is_part(std::string_view part) {
  return !part.empty() && part.size() <= kPartBytesMax && part.front() != '.' &&
         std::all_of(part.begin(), part.end(), may_stand_in_name);
}

}  // namespace

Result<PutIfAbsent> SnapshotStore::put_file_if_absent(const std::string& name,
                                                      const std::string& path) {
  const std::string bytes = TRY(read_local_file(path));
  return put_if_absent(name, bytes);
}

Result<std::optional<ObjectBytes>> SnapshotStore::open(const std::string& name) {
  std::optional<std::string> bytes = TRY(get(name));
  if (!bytes.has_value()) return std::optional<ObjectBytes>();
  return std::optional<ObjectBytes>(*std::move(bytes));
}

Result<bool> SnapshotStore::get_file(const std::string& name, const std::string& path) {
  const std::optional<std::string> bytes = TRY(get(name));
  if (!bytes.has_value()) return false;
  TRY(write_local_file(path, *bytes));
  return true;
}

Status check_object_name(std::string_view name) {
  std::string_view rest = name;
  for (;;) {
    const size_t slash = rest.find('/');
    if (!is_part(rest.substr(0, slash))) break;
    if (slash == std::string_view::npos) return {};
    rest.remove_prefix(slash + 1);
  }
  return user_error(fmt::format(
      "cannot name an object of the snapshot store \"{}\": a name is parts of letters, digits, "
      "'.', '_' and '-' joined by '/', none empty, begun by '.' or longer than {} bytes",
      name, kPartBytesMax));
}

}  // namespace weir
