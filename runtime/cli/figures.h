// Numbers as people read them, and tables of them. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace weir {

std::string with_commas(uint64_t number);  // "1,234,567"
std::string bytes_text(uint64_t bytes);    // "512 B", "1.5 MiB"
std::string seconds_text(double seconds);  // "0.25 s", "12 s", "3 min 5 s", "2 h 0 min", "4 d 1 h"

struct TableColumn {
  std::string title;
  bool is_number = false;  // Aligned at its right edge.
};

// A line for the titles and one for each row, columns two spaces apart. Cells hold UTF-8 of others:
// control characters in them are shown as "?". REQUIRES: every row has a cell for each column.
std::string table_text(const std::vector<TableColumn>& columns,
                       const std::vector<std::vector<std::string>>& rows);

// As much of the text, which is UTF-8, as fits into so many columns.
std::string cut(const std::string& text, size_t columns);

// The text with control characters (line ends too) as "?": what is safe to show on a terminal.
std::string one_line(const std::string& text);

}  // namespace weir
