// Who asks, as the gateway says. Internal services say nothing of themselves.
//
// Thread safety: value types.
#pragma once

#include "absl/strings/string_view.h"

namespace mab::assignment {

struct Caller {
  // The website whose page asks, as its browser says in the Origin header; empty where nobody says
  // so. Of the request, and gone with it.
  absl::string_view origin = {};
};

}  // namespace mab::assignment
