#include "engine/plan/spec_fields.h"

#include "engine/base/hash.h"
#include "engine/base/match.h"

#include <fmt/format.h>

#include <algorithm>

namespace weir {
namespace {

template <typename Spec>
bool same_fields(const Spec& a, const Spec& b);

bool same_value(const ExprPtr& a, const ExprPtr& b) {
  if (a == nullptr || b == nullptr) return a == b;
  return same_expr(*a, *b);
}
bool same_value(const NamedExpr& a, const NamedExpr& b) { return same_fields(a, b); }
bool same_value(const Constraint& a, const Constraint& b) { return same_fields(a, b); }
template <typename T>
bool same_value(const T& a, const T& b) {
  return a == b;
}
template <typename T>
bool same_value(const std::vector<T>& a, const std::vector<T>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const T& x, const T& y) { return same_value(x, y); });
}

template <typename Spec>
struct Comparison {
  const Spec& a;
  const Spec& b;
  bool same = true;

  template <typename T>
  void operator()(const FieldKey&, T Spec::*member) {
    same = same && same_value(a.*member, b.*member);
  }
};

template <typename Spec>
bool same_fields(const Spec& a, const Spec& b) {
  Comparison<Spec> comparison{a, b};
  visit_fields(comparison, FieldsOf<Spec>());
  return comparison.same;
}

// Composites by their fields: another type of the same name is another state.
std::string state_type(const Type& type) {
  if (type.kind() == TypeKind::kArray) return state_type(type.element()) + "[]";
  if (type.kind() != TypeKind::kComposite) return to_text(type);
  std::string out = "(";
  for (const Field& field : type.fields().fields) {
    out += fmt::format("{} {},", field.name, state_type(field.type));
  }
  return out + ")";
}

// Without these a source or a sink of the same name would go on in another log.
bool names_log(std::string_view option) {
  return option == "topic" || option == "dataset" || option == "seed" || option == "splits";
}

// Prints the fields of weight kState: columns by their types, never by name or position.
class StatePrinter {
 public:
  explicit StatePrinter(const SchemaPtr& input) : input_(input) {}

  template <typename Spec>
  void print(const Spec& spec) {
    Fields<Spec> fields{*this, spec};
    out_ += '{';
    visit_fields(fields, FieldsOf<Spec>());
    out_ += '}';
  }
  std::string take() && { return std::move(out_); }

 private:
  template <typename Spec>
  struct Fields {
    StatePrinter& printer;
    const Spec& spec;

    template <typename T>
    void operator()(const FieldKey& key, T Spec::*member) {
      if constexpr (requires { printer.value(spec.*member); }) {
        if (key.weight != FieldWeight::kState) return;
        printer.out_ += fmt::format("{}=", key.name);
        printer.value(spec.*member);
        printer.out_ += ';';
      } else {
        CHECK(key.weight != FieldWeight::kState);
      }
    }
  };

  void value(const std::string& text) { out_ += fmt::format("{}:{}", text.size(), text); }
  void value(int64_t number) { out_ += std::to_string(number); }
  void value(bool flag) { out_ += flag ? "true" : "false"; }
  void value(size_t column) { out_ += state_type(input_->fields[column].type); }
  void value(uint32_t number) { out_ += std::to_string(number); }
  void value(const WindowSpec& window) { print(window); }
  void value(const OverCall& call) { print(call); }
  void value(const Field& field) { out_ += state_type(field.type); }
  void value(const EquiSide& side) {
    const SchemaPtr columns = std::make_shared<const Schema>(Schema{side.columns});
    StatePrinter printer(columns);
    printer.print(side);
    out_ += std::move(printer).take();
  }
  void value(const JoinSide& side) {
    const SchemaPtr columns = std::make_shared<const Schema>(Schema{side.columns});
    StatePrinter printer(columns);
    printer.print(side);
    out_ += std::move(printer).take();
  }
  template <typename T>
  requires(std::is_arithmetic_v<T>) void value(const std::optional<T>& number) {
    if (number) value(*number);
  }
  void value(const OptionMap& options) {
    for (const auto& [name, text] : options) {
      if (names_log(name)) value(name + "=" + text);
    }
  }
  template <typename T>
  requires std::is_enum_v<T>
  void value(T choice) { out_ += choice_names(choice)[static_cast<size_t>(choice)]; }
  template <typename T>
  requires(std::is_same_v<T, size_t> || std::is_same_v<T, AggregateCall> ||
           std::is_same_v<T, OverCall> ||
           std::is_same_v<T, Field>) void value(const std::vector<T>& list) {
    out_ += '[';
    for (const T& each : list) {
      value(each);
      out_ += ',';
    }
    out_ += ']';
  }
  // The state of an aggregate is its partial columns, which are the same in all phases.
  void value(const AggregateCall& call) {
    const Type argument = argument_type(call, *input_).value_or(TypeKind::kBigint);
    AggregateCall plain = call;
    plain.distinct = false;
    value(call.function);
    for (const Field& field : partial_fields(plain, argument)) out_ += ' ' + state_type(field.type);
    for (const SortKey& key : call.order) {
      out_ += fmt::format(" {} {}", key.descending ? "desc" : "asc", key.nulls_first);
    }
    if (call.distinct) out_ += fmt::format(" distinct {}", state_type(argument));
  }

  const SchemaPtr& input_;
  std::string out_;
};

constexpr std::string_view kOnError[] = {"fail", "skip", "dead_letter"};
constexpr std::string_view kWhenQuiet[] = {"hold", "advance"};
constexpr std::string_view kDelivery[] = {"exactly_once", "at_least_once"};
constexpr std::string_view kEnvelope[] = {"plain", "upsert", "op"};
constexpr std::string_view kTies[] = {"earlier_first", "later_first", "last_arrived"};
constexpr std::string_view kWindowKind[] = {"tumble", "hop", "cumulate", "session", "given"};
constexpr std::string_view kFunction[] = {"count(*)",
                                          "count",
                                          "sum",
                                          "avg",
                                          "min",
                                          "max",
                                          "bool_and",
                                          "bool_or",
                                          "stddev_samp",
                                          "stddev_pop",
                                          "var_samp",
                                          "var_pop",
                                          "string_agg",
                                          "approx_count_distinct",
                                          "approx_percentile",
                                          "array_agg",
                                          "first_value",
                                          "last_value"};
constexpr std::string_view kPhase[] = {"whole", "partial", "final"};
constexpr std::string_view kResultMode[] = {"changes", "final"};
constexpr std::string_view kRankFunction[] = {"row_number", "rank", "dense_rank"};
constexpr std::string_view kOverOrder[] = {"event_time", "log"};
constexpr std::string_view kOverFunction[] = {"aggregate",  "lag",  "first_value", "last_value",
                                              "row_number", "rank", "dense_rank"};
constexpr std::string_view kFrameKind[] = {"range", "rows"};
constexpr std::string_view kJoinType[] = {"inner", "left", "right", "full"};

}  // namespace

std::span<const std::string_view> choice_names(OnError) { return kOnError; }
std::span<const std::string_view> choice_names(WhenQuiet) { return kWhenQuiet; }
std::span<const std::string_view> choice_names(Delivery) { return kDelivery; }
std::span<const std::string_view> choice_names(Envelope) { return kEnvelope; }
std::span<const std::string_view> choice_names(Ties) { return kTies; }
std::span<const std::string_view> choice_names(WindowKind) { return kWindowKind; }
std::span<const std::string_view> choice_names(AggregateFunction) { return kFunction; }
std::span<const std::string_view> choice_names(AggregatePhase) { return kPhase; }
std::span<const std::string_view> choice_names(ResultMode) { return kResultMode; }
std::span<const std::string_view> choice_names(RankFunction) { return kRankFunction; }
std::span<const std::string_view> choice_names(OverOrder) { return kOverOrder; }
std::span<const std::string_view> choice_names(OverFunction) { return kOverFunction; }
std::span<const std::string_view> choice_names(FrameKind) { return kFrameKind; }
std::span<const std::string_view> choice_names(JoinType) { return kJoinType; }

bool same_spec(const VertexSpec& a, const VertexSpec& b) {
  if (a.index() != b.index()) return false;
  const auto against = [&b]<typename Spec>(const Spec& spec) {
    return same_fields(spec, std::get<Spec>(b));
  };
  return std::visit(against, a);
}

bool same_options(const JobOptions& a, const JobOptions& b) { return same_fields(a, b); }

uint64_t state_fingerprint(const VertexSpec& spec, const SchemaPtr& input) {
  StatePrinter printer(input);
  std::visit([&printer](const auto& each) { printer.print(each); }, spec);
  return hash_bytes(fmt::format("{} {}", kind_name(spec), std::move(printer).take()));
}

}  // namespace weir
