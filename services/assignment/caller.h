// Who asks, and how, as the gateway says. Internal services say nothing of themselves.
//
// Thread safety: value types.
#pragma once

#include "absl/strings/string_view.h"

namespace mab::assignment {

// Why the gateway takes a caller for a machine: it says so itself, it fetches a page that nobody
// has opened, or it asks more than people do.
enum class BotSign { kNone, kUserAgent, kPrefetch, kRate };

struct Caller {
  // The website whose page asks, as its browser says in the Origin header; empty where nobody says
  // so. Of the request, and gone with it.
  absl::string_view origin = {};
  // With a sign, assign and expose admit and expose nobody.
  BotSign bot = BotSign::kNone;
  // An experiment is named by its key and not by its id, as a flag is.
  bool by_key = false;
};

}  // namespace mab::assignment
