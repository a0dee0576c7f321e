// A folder of its own for each test, and the rows of a source as text.
#pragma once

#include "engine/base/check.h"
#include "engine/data/json_form.h"
#include "operators/connectors/source.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

namespace weir::testing {

class Folder {
 public:
  Folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "weir-test-XXXXXX").string();
    CHECK(::mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  ~Folder() { std::filesystem::remove_all(path_); }

  const std::string& path() const { return path_; }
  std::string operator/(std::string_view name) const { return path_ + "/" + std::string(name); }

  // Writes the file and gives its path.
  std::string put(const std::string& name, std::string_view contents) const {
    const std::filesystem::path path = *this / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << contents;
    return path.string();
  }
  void add(const std::string& name, std::string_view contents) const {
    std::ofstream(*this / name, std::ios::binary | std::ios::app) << contents;
  }
  std::string contents(const std::string& name) const {
    std::ifstream file(*this / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  }
  // Of all files, hidden ones included, sorted.
  std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(path_)) {
      names.push_back(entry.path().filename().string());
    }
    std::sort(names.begin(), names.end());
    return names;
  }

 private:
  std::string path_;
};

// What one call read, and all calls until there was nothing more at once.
struct Reading {
  std::vector<std::string> rows;  // As JSON.
  std::vector<BadRecord> bad;
  size_t records = 0;
  size_t skipped = 0;
  ReadOutcome outcome;
  std::string error;
};

inline void read_once(SplitReader& reader, size_t rows_max, int64_t now, Reading& reading) {
  DecodedRows rows;
  Result<ReadOutcome> outcome = reader.read(rows_max, now, rows);
  if (!outcome.ok()) {
    reading.error = std::string(to_text(outcome.error().kind)) + ": " + outcome.error().message;
    return;
  }
  reading.outcome = *outcome;
  CHECK(rows.records == rows.batch.rows + rows.bad.size() + rows.skipped);
  CHECK(rows.records <= rows_max + 1);
  for (size_t row = 0; row < rows.batch.rows; ++row) {
    append_json_row(reading.rows.emplace_back(), rows.batch, row);
  }
  for (BadRecord& bad : rows.bad) reading.bad.push_back(std::move(bad));
  reading.records += rows.records;
  reading.skipped += rows.skipped;
}

inline Reading read_all(SplitReader& reader, size_t rows_max = 4096, int64_t now = 0) {
  Reading reading;
  do {
    read_once(reader, rows_max, now, reading);
  } while (reading.error.empty() && reading.outcome.state == ReadState::kRows);
  return reading;
}

}  // namespace weir::testing
