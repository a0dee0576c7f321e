// Goal: a path stands for the files that a user expects. Method: a folder with one of each kind.
#include "operators/connectors/file/file_listing.h"

#include "tests/operators/connectors/file/folder.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

using testing::Folder;

std::vector<std::string> names_of(const std::string& path) {
  const Result<std::vector<ListedFile>> files = list_files(path);
  if (!files.ok()) return {to_text(files.error().kind), files.error().message};
  std::vector<std::string> names;
  for (const ListedFile& file : *files) names.push_back(file.name);
  return names;
}

TEST_CASE("ListsAFolderWithItsSubfoldersInOrderOfNames") {
  const Folder folder;
  folder.put("b.json", "");
  folder.put("a.json", "");
  folder.put("day=1/z.json", "");
  folder.put(".hidden", "");
  folder.put(".folder/x.json", "");
  CHECK(names_of(folder.path()) == std::vector<std::string>{"a.json", "b.json", "day=1/z.json"});
  const std::vector<ListedFile> files = *list_files(folder.path());
  CHECK(files[2].path == folder / "day=1/z.json");
  CHECK(names_of(folder.path() + "/") == names_of(folder.path()));
}

TEST_CASE("ListsOneFileUnderItsPath") {
  const Folder folder;
  const std::string path = folder.put(".hidden[1].json", "");
  CHECK(*list_files(path) == std::vector<ListedFile>{{path, path}});
}

TEST_CASE("ListsWhatAPatternMatches") {
  const Folder folder;
  const std::string b = folder.put("b1.json", "");
  const std::string a = folder.put("a1.json", "");
  folder.put("a1.csv", "");
  folder.put("c1.json/inside", "");
  CHECK(names_of(folder / "[ab]?.json") == std::vector<std::string>{a, b});
  CHECK(names_of(folder / "*.json") == std::vector<std::string>{a, b});
  CHECK(names_of(folder / "*.xml").empty());
}

TEST_CASE("NamesAPathThatDoesNotExist") {
  const Folder folder;
  const std::vector<std::string> error = names_of(folder / "missing.json");
  CHECK(error[0] == to_text(ErrorKind::kUser));
  CHECK(error[1].find(folder / "missing.json") != std::string::npos);
  CHECK(names_of(folder.path()).empty());
}

}  // namespace
}  // namespace weir
