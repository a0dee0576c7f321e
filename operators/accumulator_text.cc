// string_agg.
//
// The state holds every value behind its sort key, in the order in which they came:
//
//   element = key_size:u32 value_size:u32 key value        key: append_sort_key of each ORDER BY
//
// The result has them by key, and by value where keys are equal or absent: it is the same at any
// parallelism, however the rows arrive.
#include "operators/accumulator_gathering.h"
#include "operators/sort_key.h"

#include <algorithm>

namespace weir {
namespace {

constexpr size_t kSizes = 2 * sizeof(uint32_t);

struct Element {
  std::string_view key;
  std::string_view value;

  bool operator<(const Element& other) const {
    const int order = key.compare(other.key);
    return order != 0 ? order < 0 : value < other.value;
  }
};

// Elements of a state; what is no element any more is left out.
std::vector<Element> elements_of(std::string_view bytes) {
  std::vector<Element> elements;
  while (bytes.size() >= kSizes) {
    uint32_t sizes[2];
    std::memcpy(sizes, bytes.data(), kSizes);
    bytes.remove_prefix(kSizes);
    if (size_t{sizes[0]} + sizes[1] > bytes.size()) break;
    elements.push_back({bytes.substr(0, sizes[0]), bytes.substr(sizes[0], sizes[1])});
    bytes.remove_prefix(size_t{sizes[0]} + sizes[1]);
  }
  return elements;
}

class StringAggAccumulator : public GatheringAccumulator {
 public:
  StringAggAccumulator(const AggregateCall& call, StatePlace place)
      : GatheringAccumulator(call, place) {}

  Status add(Columns arguments, const AccumulatorInput& input, KeyedTable& table) override {
    for (size_t i = 0; i < input.count; ++i) {
      const uint32_t row = input.rows[i];
      const std::string_view value = arguments[0]->text(row);
      element_.assign(kSizes, '\0');
      for (size_t k = 0; k < call_.order.size(); ++k) {
        append_sort_key(element_, *arguments[1 + k], row, call_.order[k]);
      }
      const uint32_t sizes[] = {static_cast<uint32_t>(element_.size() - kSizes),
                                static_cast<uint32_t>(value.size())};
      std::memcpy(element_.data(), sizes, sizeof sizes);
      element_ += value;
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
    std::sort(elements.begin(), elements.end());
    std::string text;
    for (const Element& element : elements) {
      if (&element != elements.data()) text += call_.parameter;
      text += element.value;
      if (text.size() > BytesState::kBytesMax) return too_long();
    }
    out.append_text(text);
    return {};
  }

 private:
  std::string element_;  // Scratch.
};

}  // namespace

std::unique_ptr<Accumulator> make_string_agg(const AggregateCall& call, StatePlace place) {
  return std::make_unique<StringAggAccumulator>(call, place);
}

}  // namespace weir
