#include "engine/expr/compiled.h"
#include "tests/engine/expr/sheet.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

// Row 0 is copied from a column, row 1 from a constant, row 2 from a NULL constant; row 3 is NULL
// in the column.
std::vector<bool> nulls_after_copy(const std::string& type, const std::string& text) {
  const Sheet sheet({{"c", type, {text, text, text, std::nullopt}}});
  const Value column{sheet.batch().columns[0]};
  const Type& kind = sheet.schema().fields[0].type;
  const Value constant{constant_column(scalar_at(*column.column, 0), 1), true};
  const Value null{null_column(kind, 1), true};
  ColumnWriter out(kind, 4);
  const RowIndices rows = {0, 1, 2, 3};
  const RowIndices ends = {0, 3};
  copy_rows(column, Selection(ends.data(), 2), out);
  copy_rows(constant, Selection(rows.data() + 1, 1), out);
  copy_rows(null, Selection(rows.data() + 2, 1), out);
  const ColumnPtr copied = std::move(out).finish(4);
  CHECK(scalar_at(*copied, 0) == scalar_at(*column.column, 0));
  CHECK(scalar_at(*copied, 1) == scalar_at(*column.column, 0));
  std::vector<bool> nulls;
  for (size_t row = 0; row < 4; ++row) nulls.push_back(copied->is_null(row));
  return nulls;
}

}  // namespace

TEST_CASE("RowsOfEveryTypeAreCopiedWithTheirNulls") {
  const std::vector<bool> expected = {false, false, true, true};
  CHECK(nulls_after_copy("boolean", "true") == expected);
  CHECK(nulls_after_copy("int", "-7") == expected);
  CHECK(nulls_after_copy("bigint", "9223372036854775807") == expected);
  CHECK(nulls_after_copy("double precision", "1.5") == expected);
  CHECK(nulls_after_copy("numeric(20,2)", "-1.25") == expected);
  CHECK(nulls_after_copy("text", "short") == expected);
  CHECK(nulls_after_copy("text", "a text that does not fit into its view") == expected);
  CHECK(nulls_after_copy("interval", "1 mon 2 days") == expected);
}

}  // namespace weir
