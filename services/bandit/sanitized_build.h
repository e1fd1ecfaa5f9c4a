// Whether a sanitizer watches: the long simulations of the tests are then shorter.
#pragma once

namespace mab::bandit {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kSanitizedBuild = true;
#else
inline constexpr bool kSanitizedBuild = false;
#endif

}  // namespace mab::bandit
