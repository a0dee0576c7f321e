// Finds where the records of a file end: at a line feed, which in CSV does not count within quotes.
//
// The bytes of a record come piece by piece; nothing is looked at twice. Belongs to one reader and
// one thread.
#pragma once

#include <cstddef>
#include <string_view>

namespace weir {

class RecordSplitter {
 public:
  explicit RecordSplitter(bool has_quotes) : has_quotes_(has_quotes) {}

  static constexpr size_t kNone = static_cast<size_t>(-1);

  // Where the line feed stands that ends the record at the beginning of `bytes`; kNone if it is not
  // there yet: then call again with the same bytes and more behind them.
  size_t find_end(std::string_view bytes);

  // The record goes on, but `count` of the bytes seen were thrown away. REQUIRES: find_end said
  // kNone for them.
  void forget(size_t count) { seen_ -= count; }
  // Before bytes of another place in the file.
  void reset();

 private:
  // Where in a CSV record the next byte stands.
  enum class Place { kFieldStart, kPlain, kQuoted, kBehindQuote };

  size_t step_through(std::string_view bytes);

  const bool has_quotes_;
  size_t seen_ = 0;  // Bytes of the current record that were looked at.
  Place place_ = Place::kFieldStart;
};

}  // namespace weir
