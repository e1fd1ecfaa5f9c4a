// What holds of the validators of requests, whatever strangers send: experiments, updates, e-mail
// addresses and passwords, page tokens, access tokens. They refuse by INVALID_ARGUMENT and their
// like, never by INTERNAL; and what they accept keeps their rules. For request_fuzzer, and for the
// deterministic run in request_invariants_test.cc.
//
// Thread safety: pure functions.
#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace mab::admin {

// The first byte says which validator; the rest is its input. Crashes where something does not
// hold. True where the input was accepted.
bool CheckRequest(absl::string_view bytes);

// Requests to begin with: of each validator, and of most of them good ones.
std::vector<std::string> RequestSeeds();

}  // namespace mab::admin
