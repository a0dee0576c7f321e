// Goal: no text makes the SQL front end crash, hang or answer without a message. Method: libFuzzer
// hands over bytes; half of the scripts begin with tables, so that queries get past their names.
// The last byte chooses, so that a script with a line feed at its end stands for itself.
#include "engine/sql/sql.h"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

constexpr std::string_view kTables =
    "CREATE TYPE p AS (x int, y text);"
    "CREATE TABLE t (a int NOT NULL, b text, c numeric(12,2), d p, at timestamptz) WITH (connector "
    "= 'file', path = 'x',"
    " event_time = 'at');"
    "CREATE TABLE s (a int, b text) WITH (connector = 'print');";

void check(bool fact) {
  if (!fact) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string text(reinterpret_cast<const char*>(data), size - 1);
  weir::SqlScript script;
  script.text = data[size - 1] % 2 == 0 ? text : std::string(kTables) + text;
  script.variables = [](std::string_view name) -> std::optional<std::string> {
    if (name == "UNSET") return std::nullopt;
    return "it's";
  };
  weir::SqlError place{.error = weir::user_error(""), .line = 0, .column = 0};
  const weir::Result<weir::JobGraph> graph = weir::sql_to_job_graph(script, &place);
  if (!graph.ok()) {
    check(graph.error().kind == weir::ErrorKind::kUser);
    check(!graph.error().message.empty());
    check(place.line >= 0 && place.column >= 0);
  } else {
    check(weir::validate(*graph).ok());
  }
  const weir::Schema schema{.fields = {{.name = "a", .type = weir::TypeKind::kInt},
                                       {.name = "b", .type = weir::TypeKind::kText}}};
  const weir::Result<weir::ExprPtr> expr = weir::sql_expression(text, schema);
  if (expr.ok()) {
    const weir::Result<weir::ExprPtr> again =
        weir::sql_expression(weir::to_text(**expr, schema), schema);
    check(again.ok() && weir::same_expr(**expr, **again));
  }
  return 0;
}
