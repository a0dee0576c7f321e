// Strong types for every id and number that could be mixed up: a wrong argument does not compile.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>

namespace weir {

template <typename Tag, typename Rep>
class StrongId {
 public:
  using rep = Rep;

  constexpr StrongId() = default;
  constexpr explicit StrongId(Rep value) : value_(value) {}
  constexpr Rep value() const { return value_; }
  constexpr auto operator<=>(const StrongId&) const = default;

 private:
  Rep value_ = 0;
};

using Epoch = StrongId<struct EpochTag, uint64_t>;            // One checkpoint interval.
using Generation = StrongId<struct GenerationTag, uint64_t>;  // One life of a job.
using KeyGroup = StrongId<struct KeyGroupTag, uint16_t>;      // Unit in which keyed state moves.
using SplitId = StrongId<struct SplitIdTag, uint32_t>;        // A split within one source of a job.
using TaskId = StrongId<struct TaskIdTag, uint32_t>;          // A task within one plan.
using VertexIndex = StrongId<struct VertexIndexTag, uint32_t>;  // A vertex within one JobGraph.
using Port = StrongId<struct PortTag, uint16_t>;  // An input or an output of a vertex.

}  // namespace weir

template <typename Tag, typename Rep>
struct std::hash<weir::StrongId<Tag, Rep>> {
  size_t operator()(weir::StrongId<Tag, Rep> id) const noexcept {
    return std::hash<Rep>{}(id.value());
  }
};
