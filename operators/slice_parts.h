// Windows that are one slice each: their groups as they are, first those in memory, then those out
// of it by parts of their hashes.
#pragma once

#include "engine/time/slices.h"
#include "operators/window_parts.h"

#include <optional>

namespace weir {

class SliceParts : public WindowParts {
 public:
  // `slices`: given where slices are sent on that windows share. Both outlive it.
  SliceParts(const std::optional<Slices>& slices, SlicedTable& groups);

  std::optional<Window> next() const override;
  Result<Step> step() override;
  const KeyedTable& table() const override { return *shown_; }

 private:
  const std::optional<Slices>& slices_;
  SlicedTable& groups_;
  bool is_open_ = false;
  HashPart part_;
  KeyedTable out_;                     // Of parts behind the first.
  const KeyedTable* shown_ = nullptr;  // Null: the part has not come yet.
};

}  // namespace weir
