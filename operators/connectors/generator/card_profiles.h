// What honest card holders do: the kinds of transaction, how often each comes, where, and how large
// it is.
//
// Amounts are log-normal. Immutable after construction; shared by all readers of a source.
#pragma once

#include "engine/data/text_view.h"
#include "operators/connectors/generator/random.h"

#include <array>
#include <cstdint>
#include <string_view>

namespace weir {

struct CardProfile {
  std::string_view kind;  // purchase | withdrawal | refund | deposit
  std::string_view category;
  std::string_view
      merchant;  // "diner" of "diner-0042"; at most 7 characters, so that names stand in the view.
  std::string_view device;  // What it is done with, mostly; and otherwise:
  std::string_view other_device;
  uint32_t share;  // Of 1,024 rows.
  double median_cents;
  double sigma;         // Of the natural logarithm.
  int64_t round_cents;  // Amounts are multiples of this.
};

class CardProfiles {
 public:
  static constexpr size_t kCount = 11;
  static constexpr size_t kDraws = 1024;
  enum : uint8_t {  // Profiles that episodes use.
    kGroceries = 0,
    kOnline = 3,
    kElectronics = 6,
    kDeposit = 10,
  };

  CardProfiles();

  // The profile of an honest row.
  uint8_t draw(uint64_t word) const { return draws_[word >> 54]; }

  TextView kind(uint8_t profile) const { return kinds_[profile]; }
  TextView category(uint8_t profile) const { return categories_[profile]; }
  TextView device(uint8_t profile, uint64_t word) const {
    return devices_[profile * 2 + (below(word, 8) == 0 ? 1 : 0)];
  }
  TextView merchant(uint8_t profile, uint64_t word) const;
  int64_t cents(uint8_t profile, uint64_t word) const;

 private:
  std::array<uint8_t, kDraws> draws_;
  std::array<TextView, kCount> kinds_;
  std::array<TextView, kCount> categories_;
  std::array<TextView, kCount * 2> devices_;
  std::array<TextView, kCount> merchants_;  // "diner-0000"
  Exp2Table exp2_;
  NormalTable normal_;
};

}  // namespace weir
