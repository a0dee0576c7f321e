#include "engine/expr/function.h"

#include <fmt/format.h>

#include <cctype>

namespace weir {
namespace {

struct Alias {
  std::string_view name;
  std::string_view canonical;
};

constexpr Alias kAliases[] = {
    {"!=", "<>"},
    {"like", "~~"},
    {"not like", "!~~"},
    {"ilike", "~~*"},
    {"not ilike", "!~~*"},
    {"pow", "power"},
    {"ceiling", "ceil"},
    {"char_length", "length"},
    {"character_length", "length"},
    {"substr", "substring"},
    {"strpos", "position"},
    {"trim", "btrim"},
};

}  // namespace

std::vector<FunctionFamily> function_families() {
  return {array_functions(),    arithmetic_functions(),  numeric_functions(),
          math_functions(),     comparison_functions(),  choice_functions(),
          text_functions(),     text_build_functions(),  like_functions(),
          regex_functions(),    digest_functions(),      time_functions(),
          interval_functions(), time_format_functions(), number_format_functions()};
}

std::string_view canonical_name(std::string_view name) {
  for (const Alias& alias : kAliases) {
    if (alias.name == name) return alias.canonical;
  }
  return name;
}

std::vector<const Function*> functions_named(std::string_view name) {
  std::vector<const Function*> found;
  for (const FunctionFamily family : function_families()) {
    for (const Function& function : family) {
      if (function.name == name) found.push_back(&function);
    }
  }
  return found;
}

bool is_operator(std::string_view name) {
  if (name.empty()) return false;
  const unsigned char first = static_cast<unsigned char>(name.front());
  return std::isalpha(first) == 0 && first != '_' && first < 0x80;
}

std::string signature(const Function& function) {
  const auto kinds = function.args.all();
  const auto text_of = [](TypeKind kind) {
    if (kind == TypeKind::kArray) return std::string("any array");
    return kind == TypeKind::kNumeric ? std::string("numeric") : to_text(Type(kind));
  };
  if (is_operator(function.name)) {
    if (kinds.size() == 1) return fmt::format("{} {}", function.name, text_of(kinds[0]));
    return fmt::format("{} {} {}", text_of(kinds[0]), function.name, text_of(kinds[1]));
  }
  std::string list;
  for (const TypeKind kind : kinds) {
    if (!list.empty()) list += ", ";
    list += text_of(kind);
  }
  if (function.variadic != Variadic::kNo) list += list.empty() ? "any, ..." : ", any, ...";
  return fmt::format("{}({})", function.name, list);
}

const std::string* constant_text(Arguments args, size_t index) {
  if (index >= args.size()) return nullptr;
  const Scalar* constant = args[index].constant;
  if (constant == nullptr) return nullptr;
  return std::get_if<std::string>(&constant->value);
}

}  // namespace weir
