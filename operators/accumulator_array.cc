// array_agg.
//
// The state holds every value, NULLs too, behind its sort key, in the order in which they came:
//
//   element = key_size:u32 is_null:u8 value_size:u32 key value
//   key     = append_sort_key of each ORDER BY, then of the value itself
//
// The result has them by key: it is the same at any parallelism, however the rows arrive.
#include "operators/accumulator_gathering.h"
#include "operators/sort_key.h"

#include <algorithm>
#include <cstring>

namespace weir {
namespace {

constexpr size_t kHead = 2 * sizeof(uint32_t) + 1;

struct Element {
  std::string_view key;
  bool is_null;
  std::string_view value;
};

std::vector<Element> elements_of(std::string_view bytes) {
  std::vector<Element> elements;
  while (bytes.size() >= kHead) {
    uint32_t key_size = 0;
    uint32_t value_size = 0;
    std::memcpy(&key_size, bytes.data(), sizeof key_size);
    const bool is_null = bytes[sizeof key_size] != 0;
    std::memcpy(&value_size, bytes.data() + sizeof key_size + 1, sizeof value_size);
    bytes.remove_prefix(kHead);
    if (size_t{key_size} + value_size > bytes.size()) break;
    elements.push_back({bytes.substr(0, key_size), is_null, bytes.substr(key_size, value_size)});
    bytes.remove_prefix(size_t{key_size} + value_size);
  }
  return elements;
}

void append_bytes(std::string& out, const Column& column, uint32_t row) {
  const auto put = [&out](const auto& value) {
    out.append(reinterpret_cast<const char*>(&value), sizeof value);
  };
  if (column.type().is_text_like()) {
    out.append(column.text(row));
  } else if (column.type().kind() == TypeKind::kBoolean) {
    out.push_back(column.boolean(row) ? 1 : 0);
  } else if (column.type().width() == sizeof(int32_t)) {
    put(column.values<int32_t>()[row]);
  } else if (column.type().width() == sizeof(int64_t)) {
    put(column.values<int64_t>()[row]);
  } else {
    put(column.values<Int128>()[row]);
  }
}

template <typename T>
T read(std::string_view bytes) {
  T value{};
  std::memcpy(&value, bytes.data(), std::min(bytes.size(), sizeof value));
  return value;
}

void append_element(ColumnWriter& out, const Element& element) {
  if (element.is_null) return out.append_null();
  if (out.type().is_text_like()) return out.append_text(element.value);
  if (out.type().kind() == TypeKind::kBoolean) {
    return out.append_bool(!element.value.empty() && element.value[0] != 0);
  }
  switch (out.type().width()) {
    case sizeof(int32_t): return out.append(read<int32_t>(element.value));
    case sizeof(int64_t): return out.append(read<int64_t>(element.value));
    default: return out.append(read<Int128>(element.value));
  }
}

class ArrayAggAccumulator : public GatheringAccumulator {
 public:
  ArrayAggAccumulator(const AggregateCall& call, StatePlace place)
      : GatheringAccumulator(call, place) {}

  Status add(Columns arguments, const AccumulatorInput& input, KeyedTable& table) override {
    for (size_t i = 0; i < input.count; ++i) {
      const uint32_t row = input.rows[i];
      key_.clear();
      value_.clear();
      for (size_t k = 0; k < call_.order.size(); ++k) {
        append_sort_key(key_, *arguments[1 + k], row, call_.order[k]);
      }
      append_sort_key(key_, *arguments[0], row, {});
      const bool is_null = arguments[0]->is_null(row);
      if (!is_null) append_bytes(value_, *arguments[0], row);
      const auto key_size = static_cast<uint32_t>(key_.size());
      const auto value_size = static_cast<uint32_t>(value_.size());
      element_.assign(reinterpret_cast<const char*>(&key_size), sizeof key_size);
      element_.push_back(is_null ? 1 : 0);
      element_.append(reinterpret_cast<const char*>(&value_size), sizeof value_size);
      element_ += key_;
      element_ += value_;
      TRY(append(input.targets[i], element_, table));
    }
    return {};
  }

  Status finish(const KeyedTable& table, RowId row, ColumnWriter& out) const override {
    const std::byte* from = table.row(row);
    if (state_.is_null(from)) {
      out.append_null();
      return {};
    }
    std::vector<Element> elements = elements_of(state_.get(from));
    std::sort(elements.begin(), elements.end(),
              [](const Element& a, const Element& b) { return a.key < b.key; });
    ColumnWriter& values = out.begin_array(elements.size());
    for (const Element& element : elements) append_element(values, element);
    out.end_array();
    return {};
  }

 private:
  std::string key_;  // Scratch, as the others.
  std::string value_;
  std::string element_;
};

}  // namespace

std::unique_ptr<Accumulator> make_array_agg(const AggregateCall& call, StatePlace place) {
  return std::make_unique<ArrayAggAccumulator>(call, place);
}

}  // namespace weir
