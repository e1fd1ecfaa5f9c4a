// Logarithm and exponential with the same last bit on every machine. A C library's differ between
// versions and, by run time dispatch, between processors (with or without fused multiply-add); a
// draw that is replayed elsewhere may not. Only IEEE 754 additions, multiplications and divisions,
// in a fixed order; this library is compiled without contraction into fused multiply-adds.
//
// Thread safety: pure functions.
#pragma once

namespace mab::bandit {

// log(x), within one unit in the last place. REQUIRES: x is positive, finite and not subnormal.
double PortableLog(double x);

// exp(x), within one unit in the last place. REQUIRES: -708 <= x <= 709.
double PortableExp(double x);

}  // namespace mab::bandit
