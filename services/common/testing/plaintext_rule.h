// The rule of common/plaintext.h, for the tests of each process's options.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"

namespace mab {

using Variables = std::map<std::string, std::string>;

// That in production each of these variables may name another machine only where gRPC is TLS or
// somebody vouches for the network. `variables` are enough for production; `read` says what is
// wrong with them.
template <typename Read>
void ExpectPlaintextIsVouchedFor(const Read& read, Variables variables,
                                 const std::vector<std::string>& names) {
  variables["ENV"] = "production";
  EXPECT_TRUE(read(variables).ok());
  for (const std::string& name : names) {
    Variables far = variables;
    far[name] = "0.0.0.0:8010";
    const absl::Status refused = read(far);
    EXPECT_TRUE(absl::IsFailedPrecondition(refused));
    for (const std::string& part :
         {name + "=0.0.0.0:8010", std::string("MAB_INTERNAL_TLS_CERT_FILE"),
          std::string("MAB_INTERNAL_PLAINTEXT=true")}) {
      EXPECT_NE(refused.message().find(part), absl::string_view::npos) << refused;
    }
    Variables development = far;
    development["ENV"] = "development";
    EXPECT_TRUE(read(development).ok());
    Variables vouched_for = far;
    vouched_for["MAB_INTERNAL_PLAINTEXT"] = "true";
    EXPECT_TRUE(read(vouched_for).ok());
    far["MAB_INTERNAL_TLS_CERT_FILE"] = far["MAB_INTERNAL_TLS_KEY_FILE"] =
        far["MAB_INTERNAL_TLS_CA_FILE"] = "/some.pem";
    EXPECT_TRUE(read(far).ok());
  }
}

}  // namespace mab
