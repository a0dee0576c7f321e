// Rows on their way to the warm tier, or out of it: values by key, or that a key is gone. They lie
// in a few large blocks, since they come and go by the ten thousand.
//
// Filled by one thread; what is not changed any more may be read by several.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace weir {

class WarmRows {
 public:
  struct Row {
    std::string_view key;
    std::optional<std::string_view> value;  // Absent: the row is gone.
  };

  // In place of what was said of the key before. The bytes are copied.
  void put(const Row& row);

  // What was said of the key last; absent: nothing. Valid while this is.
  std::optional<Row> find(std::string_view key) const;
  size_t size() const { return rows_.size(); }  // Keys
  bool empty() const { return rows_.empty(); }
  // What was said of each key last, in order of keys.
  std::vector<Row> sorted() const;

  // Keeps the memory for those to come.
  void clear();

  // Bytes of memory held, and of it in use.
  size_t bytes() const;
  size_t used_bytes() const;

 private:
  size_t place_of(std::string_view key) const;
  void grow();
  std::string_view copy(std::string_view bytes);

  std::vector<std::unique_ptr<char[]>> blocks_;  // Of one size each.
  std::vector<std::unique_ptr<char[]>> large_;   // What does not fit into a block.
  size_t large_bytes_ = 0;
  size_t blocks_used_ = 0;
  size_t left_ = 0;  // Bytes of the last block in use.
  std::vector<Row> rows_;
  // By hash, the number of a row plus one; 0: empty. A power of two of them.
  std::vector<uint32_t> index_;
};

}  // namespace weir
