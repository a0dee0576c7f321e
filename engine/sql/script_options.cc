#include "engine/sql/script_options.h"

#include "engine/plan/job_options.h"
#include "engine/plan/options.h"
#include "engine/sql/expression_binder.h"

#include <fmt/format.h>

namespace weir {
namespace {

// The value of SET name = value as text.
Result<std::string> value_of(const ScriptText& script, const Statement& statement) {
  const Node& node = statement.node;
  const std::vector<Node> args = node.list("args");
  const std::string name = node.text("name");
  const Node value = args.empty() ? Node() : args[0];
  if (args.size() != 1 || !value.is("A_Const")) {
    return script.refuse(
        args.empty() ? statement.location : args[0].location(),
        fmt::format("the value of a setting is one quoted text: write SET {} = '...'", name));
  }
  if (value.has("sval")) return value.part("sval").text("sval");
  if (value.has("fval")) return value.part("fval").text("fval");
  return std::to_string(
      integer_at(script.text(), value.location(), value.part("ival").number("ival")));
}

}  // namespace

Status apply_set(const ScriptText& script, const Statement& statement, JobOptions& options) {
  const Node& node = statement.node;
  if (node.text("kind") != "VAR_SET_VALUE" || node.flag("is_local")) {
    return script.refuse(statement.location,
                         "write SET name = 'value': a setting holds for the whole script");
  }
  const std::string name = node.text("name");
  const Result<const Option*> known = find_script_option(name);
  if (!known.ok()) return script.refuse(statement.location, known.error().message);
  const std::string value = TRY(value_of(script, statement));
  const Status set = set_job_option(options, name, value);
  if (set.ok()) return {};
  return script.refuse(node.list("args")[0].location(), set.error().message);
}

}  // namespace weir
