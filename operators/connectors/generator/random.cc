#include "operators/connectors/generator/random.h"

namespace weir {
namespace {

// Fills powers[i] with 2^(i / (size * 2^done)), where `root` is 2^(1 / 2^done) on entry and the
// next table's on return.
void fill_powers(std::array<double, 2048>& powers, double& root) {
  std::array<double, 11> roots;  // roots[b] belongs to bit b of the index.
  for (size_t bit = roots.size(); bit-- > 0;) {
    root = std::sqrt(root);
    roots[bit] = root;
  }
  for (size_t i = 0; i < powers.size(); ++i) {
    powers[i] = 1.0;
    for (size_t bit = 0; bit < roots.size(); ++bit) {
      if (((i >> bit) & 1) != 0) powers[i] *= roots[bit];
    }
  }
}

// The z with upper tail `probability`, by Newton's method. From a start that is not above it the
// steps only go up, since the tail is convex there. REQUIRES: 0 <= start <= z.
double upper_quantile(double probability, double start) {
  double z = start;
  for (int i = 0; i < 30; ++i) {
    const double tail = 0.5 * std::erfc(z * M_SQRT1_2);
    const double density = std::exp(-0.5 * z * z) * 0.5 * M_2_SQRTPI * M_SQRT1_2;
    z += (tail - probability) / density;
  }
  return z;
}

}  // namespace

Exp2Table::Exp2Table() {
  double root = 2.0;
  fill_powers(coarse_, root);
  fill_powers(fine_, root);
}

NormalTable::NormalTable() {
  double z = 0;
  for (size_t octave = 0; octave < kOctaves; ++octave) {
    for (size_t bin = kBins + 1; bin-- > 0;) {
      const double share = 1.0 + static_cast<double>(bin) / static_cast<double>(kBins);
      z = upper_quantile(std::ldexp(share, -static_cast<int>(octave) - 2), z);
      quantiles_[octave][bin] = z;
    }
  }
}

}  // namespace weir
