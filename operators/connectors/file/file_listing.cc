#include "operators/connectors/file/file_listing.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <glob.h>
#include <system_error>
#include <utility>

namespace weir {
namespace {

namespace fs = std::filesystem;

bool is_hidden(const fs::path& path) { return path.filename().native().starts_with('.'); }

// Follows links to files, not to folders, which could lead in circles.
Result<std::vector<ListedFile>> list_folder(const std::string& folder) {
  std::vector<ListedFile> files;
  std::error_code error;
  fs::recursive_directory_iterator it(folder, error);
  for (const fs::recursive_directory_iterator end; !error && it != end; it.increment(error)) {
    if (is_hidden(it->path())) {
      it.disable_recursion_pending();
      continue;
    }
    std::error_code gone;  // A file that vanishes while it is listed is not there.
    if (!it->is_regular_file(gone)) continue;
    std::string name = it->path().lexically_relative(folder).generic_string();
    files.push_back({.name = std::move(name), .path = it->path().string()});
  }
  if (error) {
    return unavailable(fmt::format("cannot list folder {}: {}", folder, error.message()));
  }
  return files;
}

Result<std::vector<ListedFile>> list_matches(const std::string& pattern) {
  glob_t matches = {};
  const int code = ::glob(pattern.c_str(), GLOB_NOSORT, nullptr, &matches);
  std::vector<ListedFile> files;
  for (size_t i = 0; i < matches.gl_pathc; ++i) {
    const std::string path = matches.gl_pathv[i];
    std::error_code gone;
    if (fs::is_regular_file(path, gone) && !is_hidden(path)) files.push_back({path, path});
  }
  ::globfree(&matches);
  if (code != 0 && code != GLOB_NOMATCH) {
    return unavailable(fmt::format("cannot list the files that match {}", pattern));
  }
  return files;
}

}  // namespace

Result<std::vector<ListedFile>> list_files(const std::string& path) {
  std::vector<ListedFile> files;
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (fs::is_directory(status)) {
    files = TRY(list_folder(path));
  } else if (fs::exists(status)) {
    files.push_back({path, path});
  } else if (path.find_first_of("*?[") != std::string::npos) {
    files = TRY(list_matches(path));
  } else {
    return user_error(fmt::format("there is no file or folder {} ({})", path,
                                  error ? error.message() : "not found"));
  }
  std::sort(files.begin(), files.end(),
            [](const ListedFile& a, const ListedFile& b) { return a.name < b.name; });
  return files;
}

}  // namespace weir
