#include "engine/expr/resolve.h"

#include "engine/expr/build.h"
#include "engine/expr/coercion.h"
#include "engine/expr/nearest_name.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace weir {
namespace {

constexpr size_t kSignaturesShown = 4;

using Candidates = std::vector<const Function*>;
using Args = std::vector<ExprPtr>;

bool is_plain(const ExprPtr& arg) {
  return arg->type.kind() != TypeKind::kComposite && arg->type.kind() != TypeKind::kArray;
}

bool accepts(const Function& function, const Args& args) {
  const auto kinds = function.args.all();
  if (args.size() < kinds.size()) return false;
  if (function.variadic == Variadic::kNo && args.size() != kinds.size()) return false;
  if (function.variadic != Variadic::kNo && args.size() == kinds.size()) return false;
  for (size_t i = 0; i < args.size(); ++i) {
    const bool wants_array = i < kinds.size() && kinds[i] == TypeKind::kArray;
    if (wants_array && args[i]->type.kind() != TypeKind::kArray) return false;
    if (!args[i]->untyped && !wants_array && !is_plain(args[i])) return false;
    if (i >= kinds.size() || args[i]->untyped) continue;
    if (!casts_implicitly(args[i]->type.kind(), kinds[i])) return false;
  }
  return true;
}

// Keeps the candidates with the highest score.
template <typename Score>
void keep_best(Candidates& candidates, Score&& score) {
  int best = 0;
  for (const Function* function : candidates) best = std::max(best, score(*function));
  std::erase_if(candidates, [&](const Function* function) { return score(*function) < best; });
}

int exact_matches(const Function& function, const Args& args) {
  const auto kinds = function.args.all();
  int matches = 0;
  for (size_t i = 0; i < kinds.size(); ++i) {
    matches += !args[i]->untyped && args[i]->type.kind() == kinds[i] ? 1 : 0;
  }
  return matches;
}

int preferred_matches(const Function& function, const Args& args) {
  const auto kinds = function.args.all();
  int matches = 0;
  for (size_t i = 0; i < kinds.size(); ++i) {
    if (args[i]->untyped) continue;
    const TypeKind kind = args[i]->type.kind();
    const bool preferred = is_preferred(kinds[i]) && group_of(kinds[i]) == group_of(kind);
    matches += kind == kinds[i] || preferred ? 1 : 0;
  }
  return matches;
}

// All known arguments have one kind: the untyped ones may be meant to have it too.
std::optional<TypeKind> only_known_kind(const Args& args) {
  std::optional<TypeKind> known;
  for (const ExprPtr& arg : args) {
    if (arg->untyped) continue;
    if (known && *known != arg->type.kind()) return std::nullopt;
    known = arg->type.kind();
  }
  return known;
}

bool takes_everywhere(const Function& function, TypeKind kind) {
  for (const TypeKind taken : function.args.all()) {
    if (taken != kind) return false;
  }
  return true;
}

// The rule for untyped constants: text where a candidate takes text, otherwise the one group that
// all agree on.
void decide_untyped(Candidates& candidates, const Args& args) {
  for (size_t i = 0; i < args.size(); ++i) {
    if (!args[i]->untyped) continue;
    const auto group = [i](const Function* function) {
      const auto kinds = function->args.all();
      return i < kinds.size() ? group_of(kinds[i]) : TypeGroup::kText;
    };
    const bool any_text = std::any_of(candidates.begin(), candidates.end(),
                                      [&](const auto* f) { return group(f) == TypeGroup::kText; });
    const TypeGroup wanted = any_text ? TypeGroup::kText : group(candidates.front());
    const bool agreed = std::all_of(candidates.begin(), candidates.end(),
                                    [&](const auto* f) { return group(f) == wanted; });
    if (!any_text && !agreed) continue;
    std::erase_if(candidates, [&](const auto* f) { return group(f) != wanted; });
    keep_best(candidates, [i](const Function& f) {
      const auto kinds = f.args.all();
      return i < kinds.size() && is_preferred(kinds[i]) ? 1 : 0;
    });
  }
}

const Function* choose(Candidates candidates, const Args& args) {
  std::erase_if(candidates, [&](const Function* f) { return !accepts(*f, args); });
  if (candidates.size() <= 1) return candidates.empty() ? nullptr : candidates.front();
  const bool any_untyped =
      std::any_of(args.begin(), args.end(), [](const ExprPtr& arg) { return arg->untyped; });
  const std::optional<TypeKind> known = only_known_kind(args);
  if (args.size() == 2 && any_untyped && known) {
    for (const Function* function : candidates) {
      if (takes_everywhere(*function, *known)) return function;
    }
  }
  keep_best(candidates, [&](const Function& f) { return exact_matches(f, args); });
  if (candidates.size() == 1) return candidates.front();
  keep_best(candidates, [&](const Function& f) { return preferred_matches(f, args); });
  if (candidates.size() == 1) return candidates.front();
  if (!any_untyped) return nullptr;
  decide_untyped(candidates, args);
  if (candidates.size() == 1) return candidates.front();
  if (!known) return nullptr;
  std::erase_if(candidates, [&](const Function* f) { return !takes_everywhere(*f, *known); });
  return candidates.size() == 1 ? candidates.front() : nullptr;
}

std::string kind_text(const ExprPtr& arg) {
  if (arg->untyped) return "unknown";
  if (arg->type.kind() == TypeKind::kNumeric) return "numeric";
  return to_text(arg->type);
}

std::string call_text(std::string_view name, const Args& args) {
  if (is_operator(name) && args.size() == 1) {
    return fmt::format("{} {}", name, kind_text(args[0]));
  }
  if (is_operator(name) && args.size() == 2) {
    return fmt::format("{} {} {}", kind_text(args[0]), name, kind_text(args[1]));
  }
  std::string list;
  for (const ExprPtr& arg : args) {
    if (!list.empty()) list += ", ";
    list += kind_text(arg);
  }
  return fmt::format("{}({})", name, list);
}

Error no_such_name(std::string_view name, const Args& args) {
  if (is_operator(name)) {
    return user_error(fmt::format("operator does not exist: {}", call_text(name, args)));
  }
  const std::optional<std::string> near = nearest_name(name, function_names());
  std::string message = fmt::format("function {} does not exist", call_text(name, args));
  if (near) message += fmt::format(": did you mean {}?", *near);
  return user_error(std::move(message));
}

Error no_such_signature(std::string_view name, Candidates candidates, const Args& args) {
  // Nearest first: those with as many arguments, and more of the same kinds.
  const auto distance = [&](const Function* f) {
    const size_t count = f->args.count;
    const int gap =
        static_cast<int>(count > args.size() ? count - args.size() : args.size() - count);
    return gap * 10 - (gap == 0 ? exact_matches(*f, args) : 0);
  };
  std::stable_sort(candidates.begin(), candidates.end(),
                   [&](const auto* a, const auto* b) { return distance(a) < distance(b); });
  std::string list;
  for (size_t i = 0; i < candidates.size() && i < kSignaturesShown; ++i) {
    if (i != 0) list += ", ";
    list += signature(*candidates[i]);
  }
  if (candidates.size() > kSignaturesShown) list += ", ...";
  return user_error(fmt::format("{} does not exist: {}: there is {}",
                                is_operator(name) ? "operator" : "function", call_text(name, args),
                                list));
}

Error not_unique(std::string_view name, const Args& args) {
  return user_error(
      fmt::format("{} is not unique: {}: give the constants a type, such as '1'::bigint",
                  is_operator(name) ? "operator" : "function", call_text(name, args)));
}

Result<ExprPtr> cast_to_kind(ExprPtr arg, TypeKind kind) {
  if (kind == TypeKind::kArray) return arg;
  if (kind != TypeKind::kNumeric) return make_cast(arg, Type(kind), CastKind::kImplicit);
  if (!arg->untyped) return make_cast(arg, numeric_of(arg->type), CastKind::kImplicit);
  Type type = Type::numeric(1, 0);
  if (!arg->literal.is_null()) {
    type = TRY(numeric_of_text(std::get<std::string>(arg->literal.value)));
  }
  return make_cast(arg, type, CastKind::kImplicit);
}

Result<Type> type_of_rest(const Args& args, size_t first) {
  std::vector<Type> types;
  for (size_t i = first; i < args.size(); ++i) {
    if (!args[i]->untyped) types.push_back(args[i]->type);
  }
  if (types.empty()) return Type(TypeKind::kText);
  return common_type(types);
}

}  // namespace

Result<Resolved> resolve_call(std::string_view name, std::vector<ExprPtr> args) {
  Candidates candidates = functions_named(name);
  if (candidates.empty()) return no_such_name(name, args);
  const Function* function = choose(candidates, args);
  if (function == nullptr) {
    const auto usable = std::count_if(candidates.begin(), candidates.end(),
                                      [&](const Function* f) { return accepts(*f, args); });
    if (usable > 1) return not_unique(name, args);
    return no_such_signature(name, std::move(candidates), args);
  }
  const auto kinds = function->args.all();
  Type common;
  if (function->variadic == Variadic::kCommon) common = TRY(type_of_rest(args, kinds.size()));
  for (size_t i = 0; i < args.size(); ++i) {
    if (i < kinds.size()) {
      args[i] = TRY(cast_to_kind(args[i], kinds[i]));
    } else if (function->variadic == Variadic::kCommon) {
      args[i] = TRY(make_cast(args[i], common, CastKind::kImplicit));
    } else {
      args[i] = TRY(settle_type(args[i]));
    }
  }
  return Resolved{function, std::move(args)};
}

}  // namespace weir
