#include "engine/expr/function.h"

#include "tests/engine/expr/sheet.h"

#include <catch2/catch.hpp>

#include <set>

namespace weir {

TEST_CASE("EveryEntryIsComplete") {
  std::set<std::string> signatures;
  for (const FunctionFamily family : function_families()) {
    for (const Function& function : family) {
      INFO(signature(function));
      CHECK(signatures.insert(signature(function)).second);
      CHECK(function.kernel != nullptr);
      CHECK(canonical_name(function.name) == function.name);
      const bool needs_rule = function.result == TypeKind::kNumeric;
      CHECK((!needs_rule || function.type_rule != nullptr));
      CHECK((function.filter == nullptr || function.result == TypeKind::kBoolean));
    }
  }
}

TEST_CASE("SignaturesReadLikeCalls") {
  CHECK(signature(*functions_named("lower").front()) == "lower(text)");
  CHECK(signature(*functions_named("concat_ws").front()) == "concat_ws(text, any, ...)");
  CHECK(signature(*functions_named("%").front()) == "integer % integer");
  CHECK(is_operator("||"));
  CHECK_FALSE(is_operator("lower"));
  CHECK(functions_named("no_such_function").empty());
  CHECK(canonical_name("like") == "~~");
}

}  // namespace weir
