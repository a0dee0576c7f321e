#include "engine/expr/divisor.h"

#include "engine/base/check.h"

#include <bit>

namespace weir {

ConstantDivisor::ConstantDivisor(int64_t divisor) : divisor_(divisor) {
  CHECK(fits(divisor));
  const uint64_t magnitude = static_cast<uint64_t>(divisor < 0 ? -divisor : divisor);
  const int bits = static_cast<int>(std::bit_width(magnitude - 1));
  const Uint128 power = static_cast<Uint128>(1) << (63 + bits);
  multiplier_ = static_cast<int64_t>(static_cast<uint64_t>(power / magnitude + 1));
  sign_ = divisor < 0 ? -1 : 0;
  shift_ = bits - 1;
}

}  // namespace weir
