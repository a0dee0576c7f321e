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

  ~MapStore() override { CHECK(end_merge().ok()); }

  // Done at the latest moment.
  void begin_merge(const WarmRows& rows) override { merging_ = &rows; }
  bool is_merged() const override { return merging_ == nullptr; }

  Status end_merge() override {
    if (merging_ == nullptr) return {};
    for (const auto& [key, value] : merging_->sorted()) {
      rows_.erase(std::string(key));
      if (value.has_value()) rows_.emplace(key, *value);
    }
    merging_ = nullptr;
    return {};
  }

  Status get(const std::vector<std::string_view>& keys, const Found& f) override {
    for (size_t i = 0; i < keys.size(); ++i) {
      const auto found = rows_.find(keys[i]);
      if (found != rows_.end()) TRY(f(i, found->second));
    }
    return {};
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
  Result<uint64_t> disk_bytes(const WarmRange& range) override {
    uint64_t bytes = 0;
    TRY(each(range, [&](std::string_view key, std::string_view value) {
      bytes += key.size() + value.size();
      return Result<bool>(true);
    }));
    return bytes;
  }

 private:
  Rows rows_;
  const WarmRows* merging_ = nullptr;
};

}  // namespace weir
