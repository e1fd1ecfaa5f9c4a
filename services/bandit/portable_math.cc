// The algorithms and constants are those of fdlibm's e_log.c and e_exp.c:
//
// ====================================================
// Copyright (C) 1993, 2004 by Sun Microsystems, Inc. All rights reserved.
//
// Developed at SunSoft, a Sun Microsystems, Inc. business.
// Permission to use, copy, modify, and distribute this
// software is freely granted, provided that this notice
// is preserved.
// ====================================================
#include "bandit/portable_math.h"

#include <bit>
#include <cstdint>

namespace mab::bandit {
namespace {

// ln 2 in two parts: the high one has 32 significant bits, so that k * kLn2High is exact.
constexpr double kLn2High = 6.93147180369123816490e-01;
constexpr double kLn2Low = 1.90821492927058770002e-10;
constexpr double kInverseLn2 = 1.44269504088896338700e+00;

// Minimax coefficients of (log(1 + f) - 2 s) / s in s², s = f / (2 + f).
constexpr double kLg1 = 6.666666666666735130e-01;
constexpr double kLg2 = 3.999999999940941908e-01;
constexpr double kLg3 = 2.857142874366239149e-01;
constexpr double kLg4 = 2.222219843214978396e-01;
constexpr double kLg5 = 1.818357216161805012e-01;
constexpr double kLg6 = 1.531383769920937332e-01;
constexpr double kLg7 = 1.479819860511658591e-01;

// Minimax coefficients of r (exp(r) + 1) / (exp(r) - 1) - 2 in r².
constexpr double kP1 = 1.66666666666666019037e-01;
constexpr double kP2 = -2.77777777770155933842e-03;
constexpr double kP3 = 6.61375632143793436117e-05;
constexpr double kP4 = -1.65339022054652515390e-06;
constexpr double kP5 = 4.13813679705723846039e-08;

constexpr int kMantissaBits = 52;
constexpr int kExponentBias = 1023;

// 2^k. REQUIRES: -1022 <= k <= 1023.
double PowerOfTwo(int k) {
  return std::bit_cast<double>(static_cast<uint64_t>(k + kExponentBias) << kMantissaBits);
}

}  // namespace

double PortableLog(double x) {
  // x = 2^k (1 + f), sqrt(2)/2 < 1 + f < sqrt(2): the exponent is counted from the bits of
  // sqrt(2)/2.
  constexpr uint64_t kSqrtHalf = 0x3FE6A09E667F3BCD;
  constexpr uint64_t kMantissaMask = (uint64_t{1} << kMantissaBits) - 1;
  const uint64_t offset = std::bit_cast<uint64_t>(x) - kSqrtHalf;
  const int k = static_cast<int>(static_cast<int64_t>(offset) >> kMantissaBits);
  const double f = std::bit_cast<double>((offset & kMantissaMask) + kSqrtHalf) - 1.0;

  const double s = f / (2.0 + f);
  const double z = s * s;
  const double w = z * z;
  const double odd = z * (kLg1 + w * (kLg3 + w * (kLg5 + w * kLg7)));
  const double even = w * (kLg2 + w * (kLg4 + w * kLg6));
  const double r = odd + even;
  const double half_square = 0.5 * f * f;
  const double dk = k;
  return dk * kLn2High - ((half_square - (s * (half_square + r) + dk * kLn2Low)) - f);
}

double PortableExp(double x) {
  // x = k ln 2 + r, |r| <= ln(2) / 2, and r = high - low to more than double precision.
  const int k = static_cast<int>(kInverseLn2 * x + (x < 0 ? -0.5 : 0.5));
  const double high = x - k * kLn2High;
  const double low = k * kLn2Low;
  const double r = high - low;
  const double t = r * r;
  const double c = r - t * (kP1 + t * (kP2 + t * (kP3 + t * (kP4 + t * kP5))));
  const double y = 1.0 - ((low - (r * c) / (2.0 - c)) - high);
  // In two steps: 2^1023 · y may be representable where 2^1024 alone is not.
  const int half = k / 2;
  return y * PowerOfTwo(half) * PowerOfTwo(k - half);
}

}  // namespace mab::bandit
