// A WarmStore for tests: a map, whose cuts are one file each.
#pragma once

#include "engine/base/bytes.h"
#include "state/tiered_residency.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace weir {

class MapStore : public WarmStore {
 public:
  using Rows = std::map<std::string, std::string, std::less<>>;

  explicit MapStore(Rows rows = {}) : rows_(std::move(rows)) {}

  // The rows of the file in `folder`; none if there is no such file.
  static Result<std::unique_ptr<WarmStore>> open(const std::string& folder) {
    std::ifstream file(folder + "/rows", std::ios::binary);
    const std::string bytes(std::istreambuf_iterator<char>(file), {});
    Rows rows;
    for (ByteReader in(bytes); in.left() != 0;) {
      std::string key(TRY(in.get_sized()));
      rows.emplace(std::move(key), TRY(in.get_sized()));
    }
    return std::unique_ptr<WarmStore>(std::make_unique<MapStore>(std::move(rows)));
  }

  Status merge(std::vector<Row> rows) override {
    for (Row& row : rows) {
      if (row.value.has_value()) {
        rows_.insert_or_assign(std::move(row.key), *std::move(row.value));
      } else {
        rows_.erase(row.key);
      }
    }
    return {};
  }

  Result<std::vector<std::optional<std::string>>> get(
      const std::vector<std::string_view>& keys) override {
    std::vector<std::optional<std::string>> values;
    for (const std::string_view key : keys) {
      const auto found = rows_.find(key);
      values.push_back(found == rows_.end() ? std::nullopt : std::optional(found->second));
    }
    return values;
  }

  Status each(const WarmRange& range, const EachRow& f) override {
    for (auto at = rows_.lower_bound(range.begin); at != rows_.end() && at->first < range.end;
         ++at) {
      const bool goes_on = TRY(f(at->first, at->second));
      if (!goes_on) return {};
    }
    return {};
  }

  Status drop(const WarmRange& range) override {
    rows_.erase(rows_.lower_bound(range.begin), rows_.lower_bound(range.end));
    return {};
  }

  Result<WarmCut> cut(const std::string& folder) override {
    ByteWriter bytes;
    for (const auto& [key, value] : rows_) {
      bytes.put_sized(key);
      bytes.put_sized(value);
    }
    std::filesystem::create_directories(folder);
    std::ofstream(folder + "/rows", std::ios::binary) << bytes.view();
    return WarmCut{folder, {"rows"}};
  }

  uint64_t memory_bytes() override { return 0; }
  uint64_t disk_bytes() override { return 0; }

 private:
  Rows rows_;
};

}  // namespace weir
