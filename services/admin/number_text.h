// Numbers as sentences have them.
//
// Thread safety: pure functions.
#pragma once

#include <cstdint>
#include <string>

namespace mab::admin {

// A share in percent, with three significant digits and at most eight decimals: "5.34 %", "0 %",
// "−1.60 %".
std::string PercentText(double share);
// The same with its sign: "+15.0 %".
std::string SignedPercentText(double share);
// A probability: "98.6 %"; "more than 99.9 %" and "less than 0.1 %" where rounding would make a
// certainty of it.
std::string ProbabilityText(double probability);
// A difference of rates: "0.0120 percentage points".
std::string PointsText(double difference);
// "1", "12,010".
std::string CountText(uint64_t count);
// "1 user was", "12,010 users were".
std::string CountText(uint64_t count, const char* one, const char* many);
// A p-value: "0.023", "less than 0.0001".
std::string PValueText(double p_value);

}  // namespace mab::admin
