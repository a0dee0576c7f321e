// The columns of a stream: their names and types, and which of them carry event time.
//
// Constant once shared; held by shared_ptr because every batch of a stream refers to the same one.
#pragma once

#include "engine/data/type.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

struct Schema {
  std::vector<Field> fields;

  std::optional<size_t> find(std::string_view name) const;

  bool operator==(const Schema&) const = default;
};

using SchemaPtr = std::shared_ptr<const Schema>;

// Which columns of a schema, and which fields inside composite columns, somebody reads. A source
// fills only these and leaves the others absent (a null ColumnPtr), at every level.
struct NeededField {
  bool needed = false;
  // For a composite, one entry a field; empty means every field, whole.
  std::vector<NeededField> fields;

  bool operator==(const NeededField&) const = default;
};

using NeededColumns = std::vector<NeededField>;  // One for each field of the schema.

NeededColumns all_needed(const Schema& schema);

}  // namespace weir
