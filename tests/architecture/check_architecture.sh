#!/usr/bin/env bash
# Checks the rules of the source tree that no compiler knows: which folder may include which, who may know gRPC,
# protobuf, HTTP and libpq, how long a file may be, how it is named.
#
#   check_architecture.sh [root of the project]
#
# Prints a line a violation; fails where there is one.
set -euo pipefail

root="${1:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}"
cd "$root"

mapfile -t files < <(find services -type f \( -name '*.h' -o -name '*.cc' \) | LC_ALL=C sort)
if ((${#files[@]} == 0)); then
  echo "no source files below $root/services"
  exit 1
fi

printf '%s\n' "${files[@]}" | awk '
  function report(what) {
    print path ": " what
    ++violations
  }

  # common <- bandit <- {simulation, storage} <- {assignment, admin}, and of these only admin simulates
  function may_include(from, to) {
    if (from == to || to == "common") return 1
    if (to == "bandit") return from != "common"
    if (to == "simulation") return from == "admin"
    if (to == "storage") return from == "assignment" || from == "admin"
    return 0
  }

  function is_folder(name) {
    return name ~ /^(common|bandit|simulation|storage|assignment|admin)$/
  }

  # Mains, gRPC services and clients, codecs, and who reads the metadata of a call know protobuf and gRPC; tests may.
  function may_know_rpc() {
    if (is_test) return 1
    if (folder == "bandit" || folder == "simulation" || folder == "storage") return 0
    if (folder == "common") return stem ~ /^rpc_/
    return stem ~ /(^|_)(main|service|codec|client|authorizer)$/
  }

  function check_name() {
    if (file !~ /^[a-z][a-z0-9_]*\.(h|cc)$/) report("a file is named in snake_case")
    if (stem ~ /(^|_)(utils?|helpers?|managers?|misc)(_|$)/ || (stem == "common")) {
      report("a file is named after the one thing in it")
    }
    if (file ~ /\.cc$/ && stem !~ /(^|_)(main|test|benchmark|interposer|fuzzer)$/ && !(header in is_file)) {
      report("has no header of its own")
    }
  }

  function check_include(included,    to) {
    to = included
    sub(/\/.*/, "", to)
    if (included ~ /^\.\.?\//) report("includes " included ": includes are relative to services/")
    if (is_folder(to) && !may_include(folder, to)) report("includes " included)
    if (included ~ /\/testing\// && !is_test) report("includes " included ", which is for tests")
    if (included ~ /^(google\/protobuf|google\/rpc|google\/api|grpc|grpcpp|mab\/v1)\// && !may_know_rpc()) {
      report("includes " included ": only services, clients, codecs, authorizers, common/rpc_* and mains know protobuf and gRPC")
    }
    if (included ~ /^(postgresql\/)?(libpq|pg_config|postgres_ext)/ && path !~ /^services\/common\/postgres_[a-z_]*\.cc$/) {
      report("includes " included ": only common/postgres_*.cc knows libpq")
    }
    if (folder == "bandit" && !is_test &&
        included ~ /^(common\/(clock|config|log|metrics|postgres|rpc|shutdown|process)|fstream$|iostream$|cstdio$|thread$|unistd\.h$|sys\/)/) {
      report("includes " included ": bandit is pure, without I/O and without a clock")
    }
    if (folder == "simulation" && stem != "main" && !is_test &&
        included ~ /^(common\/(clock|config|log|metrics|postgres|rpc|shutdown|process)|fstream$|iostream$|cstdio$|unistd\.h$|sys\/)/) {
      report("includes " included ": simulation is pure, without I/O and without a clock")
    }
  }

  function check_lines(    line, count, pragma) {
    count = 0
    pragma = 0
    while ((getline line < path) > 0) {
      ++count
      if (line ~ /^#pragma once/) pragma = 1
      if (match(line, /^[ \t]*#[ \t]*include[ \t]*["<][^">]+/)) {
        included = substr(line, RSTART, RLENGTH)
        sub(/^[^"<]*["<]/, "", included)
        check_include(included)
      }
      if (file ~ /\.h$/ && line ~ /^using namespace/) report("line " count ": using namespace in a header")
      if (line ~ /(TODO|FIXME)([^A-Za-z]|$)/) report("line " count ": a mark of unfinished work")
      if (file ~ /_test\.cc$/ && line ~ /(SleepFor|sleep_for|sleep_until|usleep|[^_a-z]sleep)[ ]*\(/ && line !~ /while \(/) {
        report("line " count ": a test waits for a condition (while (!condition) sleep), not for time")
      }
    }
    close(path)
    if (count > 400 && !is_test) report("has " count " lines; at most 400")
    if (file ~ /\.h$/ && !pragma) report("lacks #pragma once")
  }

  { order[++total] = $0; is_file[$0] = 1 }

  END {
    for (i = 1; i <= total; ++i) {
      path = order[i]
      parts = split(path, part, "/")
      folder = part[2]
      file = part[parts]
      stem = file
      sub(/\.(h|cc)$/, "", stem)
      header = path
      sub(/\.cc$/, ".h", header)
      is_test = stem ~ /_(test|benchmark)$/ || path ~ /\/(testing|fuzz)\//
      if (!is_folder(folder) || parts < 3) report("is in no folder of the design")
      check_name()
      check_lines()
    }
    if (violations > 0) print violations " violation" (violations == 1 ? "" : "s")
    exit violations > 0
  }'
