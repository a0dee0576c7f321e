#include "operators/connectors/generator/card_profiles.h"

#include "engine/data/buffer.h"

#include <algorithm>
#include <string>

namespace weir {
namespace {

constexpr double kLog2E = 1.4426950408889634;

constexpr CardProfile kProfiles[CardProfiles::kCount] = {
    {"purchase", "groceries", "grocer", "contactless", "chip", 300, 3'200, 0.7, 1},
    {"purchase", "restaurant", "diner", "contactless", "chip", 200, 2'400, 0.6, 1},
    {"purchase", "fuel", "fuel", "chip", "contactless", 90, 4'800, 0.4, 1},
    {"purchase", "online", "shop", "web", "phone", 160, 3'600, 0.9, 1},
    {"purchase", "pharmacy", "pharma", "contactless", "chip", 60, 1'800, 0.7, 1},
    {"purchase", "transport", "metro", "contactless", "phone", 60, 650, 0.6, 1},
    {"purchase", "electronics", "electro", "web", "chip", 30, 18'000, 0.8, 1},
    {"purchase", "travel", "travel", "web", "phone", 16, 35'000, 0.8, 1},
    {"withdrawal", "cash", "atm", "atm", "atm", 60, 8'000, 0.6, 1'000},
    {"refund", "online", "shop", "web", "phone", 20, 3'600, 0.9, 1},
    {"deposit", "transfer", "bank", "branch", "web", 28, 90'000, 0.6, 1},
};

TextView inline_text(std::string_view text) {
  CHECK(text.size() <= TextView::kInlineMax);
  return Arena().add(text);
}

}  // namespace

CardProfiles::CardProfiles() {
  size_t draw = 0;
  for (size_t i = 0; i < kCount; ++i) {
    const CardProfile& profile = kProfiles[i];
    for (uint32_t n = 0; n < profile.share; ++n) draws_[draw++] = static_cast<uint8_t>(i);
    kinds_[i] = inline_text(profile.kind);
    categories_[i] = inline_text(profile.category);
    devices_[i * 2] = inline_text(profile.device);
    devices_[i * 2 + 1] = inline_text(profile.other_device);
    merchants_[i] = inline_text(std::string(profile.merchant) + "-0000");
  }
  CHECK(draw == kDraws);
}

// Small numbers are more frequent: some merchants are large.
TextView CardProfiles::merchant(uint8_t profile, uint64_t word) const {
  const double share = unit(word);
  uint32_t number = static_cast<uint32_t>(share * share * 1000);
  TextView name = merchants_[profile];
  for (char* digit = name.bytes + name.size; number != 0; number /= 10) {
    *--digit = static_cast<char>('0' + number % 10);
  }
  return name;
}

int64_t CardProfiles::cents(uint8_t profile, uint64_t word) const {
  const CardProfile& of = kProfiles[profile];
  const double amount = of.median_cents * exp2_.at(normal_.at(word) * of.sigma * kLog2E);
  const double steps = amount / static_cast<double>(of.round_cents);
  return std::max<int64_t>(1, static_cast<int64_t>(steps + 0.5)) * of.round_cents;
}

}  // namespace weir
