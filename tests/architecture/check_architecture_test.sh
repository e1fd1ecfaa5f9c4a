#!/usr/bin/env bash
# Shows that check_architecture.sh finds each kind of violation, and nothing in a tree that has none.
set -euo pipefail

check="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/check_architecture.sh"
tree="$(mktemp -d)"
trap 'rm -rf "$tree"' EXIT
failures=0

# A tree without violations.
reset_tree() {
  rm -rf "$tree/services"
  mkdir -p "$tree"/services/{common,bandit,simulation,storage,assignment,admin}/testing "$tree"/services/assignment/fuzz
  put common/log.h '#pragma once'
  put common/log.cc '#include "common/log.h"'
  put common/rpc_status.h '#pragma once' '#include <grpcpp/support/status.h>'
  put common/rpc_status.cc '#include "common/rpc_status.h"' '#include "google/rpc/status.pb.h"'
  put common/postgres_pool.h '#pragma once'
  put common/postgres_pool.cc '#include <libpq-fe.h>'
  put common/testing/fixture.h '#pragma once' '#include <grpcpp/server.h>'
  put bandit/draw.h '#pragma once' '#include "common/error.h"'
  put simulation/forecast.h '#pragma once' '#include "bandit/draw.h"' '#include <thread>'
  put simulation/main.cc '#include <cstdio>'
  put admin/forecast_service.h '#pragma once' '#include "simulation/forecast.h"'
  put storage/event_store.h '#pragma once' '#include "bandit/draw.h"' '#include "common/log.h"'
  put assignment/call_service.h '#pragma once' '#include "mab/v1/call.grpc.pb.h"' '#include "storage/event_store.h"'
  put assignment/call_service.cc '#include "assignment/call_service.h"'
  put assignment/fuzz/call_fuzzer.cc '#include "common/testing/fixture.h"'
  put assignment/main.cc '#include <grpcpp/server.h>'
  put admin/authorizer.h '#pragma once' '#include <grpcpp/server_context.h>'
  put admin/call_codec_test.cc '#include "common/testing/fixture.h"' '#include "mab/v1/call.pb.h"' 'while (!done) absl::SleepFor(absl::Milliseconds(1));'
}

# put FILE LINE...
put() {
  local file="$tree/services/$1"
  shift
  mkdir -p "$(dirname "$file")"
  printf '%s\n' "$@" >"$file"
}

fail() {
  echo "FAILED: $1"
  failures=$((failures + 1))
}

# expect_violation WHAT FILE LINE...: the file, in a tree without other violations, is found, and nothing else is.
expect_violation() {
  local what="$1" file="$2" output
  shift 2
  reset_tree
  put "$file" "$@"
  if output="$("$check" "$tree")"; then
    fail "$what: not found"
  elif [[ "$output" != "services/$file: "*$'\n'"1 violation" ]]; then
    fail "$what: found something else: $output"
  fi
}

expect_none() {
  local output
  if ! output="$("$check" "$tree")"; then
    fail "$1: $output"
  fi
}

reset_tree
expect_none 'a tree without violations'

expect_violation 'common includes bandit' common/a.h '#pragma once' '#include "bandit/draw.h"'
expect_violation 'bandit includes storage' bandit/a.h '#pragma once' '#include "storage/event_store.h"'
expect_violation 'bandit includes simulation' bandit/a.h '#pragma once' '#include "simulation/forecast.h"'
expect_violation 'simulation includes storage' simulation/a.h '#pragma once' '#include "storage/event_store.h"'
expect_violation 'storage includes simulation' storage/a.h '#pragma once' '#include "simulation/forecast.h"'
expect_violation 'assignment includes simulation' assignment/a.h '#pragma once' '#include "simulation/forecast.h"'
expect_violation 'storage includes admin' storage/a.h '#pragma once' '#include "admin/authorizer.h"'
expect_violation 'assignment includes admin' assignment/a.h '#pragma once' '#include "admin/authorizer.h"'
expect_violation 'admin includes assignment' admin/a_test.cc '#  include "assignment/call_service.h"'
expect_violation 'a relative include' admin/a.h '#pragma once' '#include "../common/log.h"'
expect_violation 'a test fixture in a service' admin/a.h '#pragma once' '#include "common/testing/fixture.h"'
expect_violation 'gRPC outside the border' assignment/a.h '#pragma once' '#include <grpcpp/server.h>'
expect_violation 'the contract outside the border' admin/a.h '#pragma once' '#include "mab/v1/call.pb.h"'
expect_violation 'protobuf in storage' storage/a_codec.h '#pragma once' '#include <google/protobuf/message.h>'
expect_violation 'protobuf in common' common/a.h '#pragma once' '#include "google/rpc/status.pb.h"'
expect_violation 'libpq outside its place' storage/a.h '#pragma once' '#include <libpq-fe.h>'
expect_violation 'libpq in a header' common/postgres_pool.h '#pragma once' '#include <libpq-fe.h>'
expect_violation 'a clock in bandit' bandit/a.h '#pragma once' '#include "common/clock.h"'
expect_violation 'a file in bandit' bandit/a.h '#pragma once' '#include <fstream>'
expect_violation 'a clock in simulation' simulation/a.h '#pragma once' '#include "common/clock.h"'
expect_violation 'a file in simulation' simulation/a.h '#pragma once' '#include <cstdio>'
expect_violation 'protobuf in simulation' simulation/a_codec.h '#pragma once' '#include <google/protobuf/message.h>'
expect_violation 'a source without a header' admin/a.cc '#include "common/log.h"'
expect_violation 'a file named utils' admin/string_utils.h '#pragma once'
expect_violation 'a file named manager' admin/manager.h '#pragma once'
expect_violation 'a file that is not in snake_case' admin/ClassName.h '#pragma once'
expect_violation 'a folder of its own' other/a.h '#pragma once'
expect_violation 'a header without a guard' admin/a.h '// nothing'
expect_violation 'a using namespace in a header' admin/a.h '#pragma once' 'using namespace std;'
expect_violation 'unfinished work' admin/a.h '#pragma once' "// TO""DO: later"
expect_violation 'a sleep in a test' admin/a_test.cc 'absl::SleepFor(absl::Seconds(1));'

mapfile -t lines < <(seq 399)
expect_violation 'a file of 401 lines' admin/a.h '#pragma once' "${lines[@]}" 'the last'
reset_tree
put admin/a.h '#pragma once' "${lines[@]}"
put admin/a_test.cc "${lines[@]}" "${lines[@]}"
expect_none 'a file of 400 lines, and a longer test'

rm -rf "$tree/services"
mkdir "$tree/services"
if "$check" "$tree" >/dev/null; then
  fail 'an empty tree passes'
fi

if ((failures > 0)); then
  echo "$failures failed"
  exit 1
fi
echo 'every kind of violation is found'
