#include "operators/connectors/generator/dataset_schema.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <memory>
#include <string>
#include <utility>

namespace weir {
namespace {

const Type kText = TypeKind::kText;
const Type kBigint = TypeKind::kBigint;
const Type kTimestamp = TypeKind::kTimestamp;
const Type kTimestamptz = TypeKind::kTimestamptz;
const Type kDouble = TypeKind::kDouble;

Field field(const char* name, Type type, bool nullable = false) {
  return {.name = name, .type = std::move(type), .nullable = nullable, .event_time = false};
}

// The fields of a composite may be NULL, because the composite may be.
Field composite(const char* name, std::vector<std::pair<const char*, Type>> fields) {
  CompositeType description{.name = name, .fields = {}};
  for (auto& [field_name, type] : fields) {
    description.fields.push_back(field(field_name, std::move(type), /*nullable=*/true));
  }
  return field(name, Type::composite(std::make_shared<const CompositeType>(description)),
               /*nullable=*/true);
}

Schema nexmark_schema() {
  return {{field("event_type", TypeKind::kInt),
           composite("person", {{"id", kBigint},
                                {"name", kText},
                                {"emailAddress", kText},
                                {"creditCard", kText},
                                {"city", kText},
                                {"state", kText},
                                {"dateTime", kTimestamp},
                                {"extra", kText}}),
           composite("auction", {{"id", kBigint},
                                 {"itemName", kText},
                                 {"description", kText},
                                 {"initialBid", kBigint},
                                 {"reserve", kBigint},
                                 {"dateTime", kTimestamp},
                                 {"expires", kTimestamp},
                                 {"seller", kBigint},
                                 {"category", kBigint},
                                 {"extra", kText}}),
           composite("bid", {{"auction", kBigint},
                             {"bidder", kBigint},
                             {"price", kBigint},
                             {"channel", kText},
                             {"url", kText},
                             {"dateTime", kTimestamp},
                             {"extra", kText}}),
           field("dateTime", kTimestamp)}};
}

Schema card_schema() {
  return {{field("id", kText), field("card", kText), field("account", kBigint),
           field("merchant", kText), field("category", kText), field("country", kText),
           field("lat", kDouble), field("lon", kDouble), field("amount", Type::numeric(12, 2)),
           field("kind", kText), field("device", kText), field("at", kTimestamptz)}};
}

Schema truth_schema() {
  return {{field("rule", kText), field("card", kText), field("account", kBigint),
           field("first_id", kText), field("last_id", kText), field("starts", kTimestamptz),
           field("ends", kTimestamptz)}};
}

bool equal_but_for_case(const std::string& a, const std::string& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](unsigned char x, unsigned char y) {
    return std::tolower(x) == std::tolower(y);
  });
}

Error unknown_column(const std::string& name, const std::vector<Field>& available) {
  std::string known;
  for (const Field& one : available) {
    if (equal_but_for_case(one.name, name)) {
      return user_error(fmt::format(
          "the generator's data set has no column \"{}\" but a column \"{}\": write it in double "
          "quotes, because SQL folds other names to lower case",
          name, one.name));
    }
    known += fmt::format("{}{} {}", known.empty() ? "" : ", ", one.name, to_text(one.type));
  }
  return user_error(
      fmt::format("the generator's data set has no column \"{}\": it has {}", name, known));
}

bool holds_the_same(const Type& declared, const Type& available) {
  return declared == available || (declared.is_time() && available.is_time());
}

}  // namespace

Schema dataset_schema(const GeneratorOptions& options) {
  switch (options.dataset) {
    case Dataset::kCardTransactions: return options.truth ? truth_schema() : card_schema();
    case Dataset::kNexmark: return nexmark_schema();
  }
  unreachable();
}

Result<std::vector<FieldSource>> find_fields(const std::vector<Field>& declared,
                                             const std::vector<Field>& available) {
  std::vector<FieldSource> sources;
  for (const Field& wanted : declared) {
    const auto found = std::find_if(available.begin(), available.end(),
                                    [&](const Field& one) { return one.name == wanted.name; });
    if (found == available.end()) return unknown_column(wanted.name, available);
    FieldSource source{.index = static_cast<size_t>(found - available.begin()), .fields = {}};
    const bool is_composite = found->type.kind() == TypeKind::kComposite;
    if (is_composite && wanted.type.kind() == TypeKind::kComposite) {
      source.fields = TRY(find_fields(wanted.type.fields().fields, found->type.fields().fields));
    } else if (is_composite || !holds_the_same(wanted.type, found->type)) {
      return user_error(fmt::format(
          "column \"{}\" is declared {}, but the generator's data set makes it {}", wanted.name,
          to_text(wanted.type), is_composite ? "a composite type" : to_text(found->type)));
    }
    sources.push_back(std::move(source));
  }
  return sources;
}

}  // namespace weir
