# shellcheck shell=bash
# `test`: builds and tests everything. A part that fails does not keep the next from running; all are summed up at the
# end. The C++ unit tests run with AddressSanitizer and UBSan, those of the numbers once more without, with as many runs of
# their simulations as the claims need; the integration and failure tests run against the release build.

command_test() {
  local passed=0 failed=0 skipped=0 failed_parts=() failed_names=() closing_lines=() soak_minutes=0
  read_test_options "$@"
  command_install
  install_test_packages
  install_bench_packages
  build_release
  if ((soak_minutes > 0)); then test_soaking; else test_everything; fi

  say ""
  printf '%s\n' "${closing_lines[@]}"
  if ((${#failed_parts[@]} > 0)); then say "Failed: ${failed_parts[*]}. Logs are in $build_log_dir."; fi
  if ((${#failed_names[@]} > 0)); then printf '  failed: %s\n' "${failed_names[@]}"; fi
  say "$passed passed, $failed failed, $skipped skipped"
  ((failed == 0 && ${#failed_parts[@]} == 0))
}

read_test_options() {
  if (($# == 0)); then return; fi
  if (($# != 2)) || [[ $1 != --soak ]]; then fail "test takes no options but --soak MINUTES, not '$*'."; fi
  if [[ ! $2 =~ ^[1-9][0-9]{0,3}$ ]]; then fail "--soak takes 1 to 9999 minutes, not '$2'."; fi
  soak_minutes=$2
}

test_everything() {
  step "C++ with sanitizers" "$build_log_dir/asan.log" build_asan
  step "C++ tests of the numbers" "$build_log_dir/numbers.log" build_number_tests
  step "Load generators and benchmarks" "$build_log_dir/bench-build.log" build_bench
  cd "$MAB_ROOT"

  part "Shell scripts" shell one_check shellcheck -x -a mab
  part "Protobuf contract" proto one_check npm run lint:proto
  part "Go vet" vet one_check go vet ./...
  part "Dashboard unit tests" dashboard node_counts npm test
  part "C++ unit tests" unit gtest_counts ctest --preset asan --output-on-failure --timeout 900
  part "C++ tests of the numbers" numbers number_counts ctest --preset release -R '^(bandit|simulation)_test$' --output-on-failure --timeout 900
  part "Go unit tests" gateway go_counts go test -race -v ./gateway/... ./demo/... ./tests/harness/...
  part "Integration tests" integration go_counts go test -v -count=1 -timeout 45m ./tests/integration/...
  part "Failure tests" failure failure_counts go test -v -count=1 -timeout 30m ./tests/failure/...
  part "Load benchmark, short" load go_counts go test -v -count=1 -timeout 10m ./tests/load/...
  part "Micro-benchmarks, one iteration each" micro one_check run_micro_benchmarks 0 1x
}

# The failure tests alone: new seeds of the ledger test for that long, and PostgreSQL away for a whole minute.
test_soaking() {
  cd "$MAB_ROOT"
  export MAB_FAILURE_MINUTES=$soak_minutes MAB_AWAY_SECONDS=60
  part "Failure tests" failure failure_counts go test -v -count=1 -timeout $((soak_minutes + 30))m ./tests/failure/...
}

# The pooler and Redis are for tests of ours; the packages' own daemons neither go on now nor come with the next boot.
install_test_packages() {
  local daemon new=()
  for daemon in pgbouncer redis-server; do
    is_installed "$daemon" || new+=("$daemon")
  done
  install_packages "$MAB_ROOT/deploy/mab/debian-packages-test.txt"
  if ((${#new[@]} > 0)) && [[ -d /run/systemd/system ]]; then as_root systemctl disable --now --quiet "${new[@]}"; fi
}

build_asan() {
  cd "$MAB_ROOT"
  cmake --preset asan
  ninja -C build/asan -j "$(build_jobs)"
}

build_number_tests() {
  cd "$MAB_ROOT"
  ninja -C build/release -j "$(build_jobs)" bin/bandit_test bin/simulation_test
}

# part TEXT NAME COUNT COMMAND...: runs a part of the tests; COUNT reads from its log how many passed and failed.
part() {
  local text=$1 name=$2 count=$3 log=$build_log_dir/test-$2.log failed_before=$failed
  shift 3
  run_step "$text" "$log" "$@"
  if ((step_code != 0)); then
    failed_parts+=("$name")
    mapfile -t -O "${#failed_names[@]}" failed_names < <(names_of_failed "$log")
    grep -nE '^ *--- FAIL|^\[  FAILED  \]|_test\.(go|cc):[0-9]+|Failure$|ERROR: AddressSanitizer|runtime error' "$log" |
      head -n 60 | sed 's/^/    /' || true
    tail -n 40 "$log" | sed 's/^/    /'
  fi
  "$count" "$log"
  # A failure that the log's lines do not count, such as of a script that ctest runs, or of a build.
  if ((step_code != 0 && failed == failed_before)); then failed=$((failed + 1)); fi
}

# The tests that failed, by the words of GoogleTest, of Go and of Node; at most 30.
names_of_failed() {
  sed -nE 's/^\[  FAILED  \] ([^ ,]+).*/\1/p; s/^ *--- FAIL: ([^ ]+).*/\1/p; s/^not ok [0-9]+ - (.*)/\1/p' "$1" |
    sort -u | head -n 30
}

one_check() {
  if ((step_code == 0)); then passed=$((passed + 1)); else failed=$((failed + 1)); fi
}

count_lines() { grep -cE "$1" "$2" || true; }

gtest_counts() { ctest_counts asan "$1"; }
number_counts() { ctest_counts release "$1"; }

# ctest_counts PRESET LOG: what each GoogleTest said is in ctest's own log.
ctest_counts() {
  local log=$MAB_ROOT/build/$1/Testing/Temporary/LastTest.log
  passed=$((passed + $(count_lines '^\[       OK \]' "$log")))
  failed=$((failed + $(count_lines '^\[  FAILED  \] .*\([0-9]+ ms\)$' "$log")))
  skipped=$((skipped + $(count_lines '^\[  SKIPPED \] .*\([0-9]+ ms\)$' "$log")))
  closing_lines+=("$(grep -E 'tests passed|Total Test time' "$2" || true)")
}

node_counts() {
  passed=$((passed + $(sed -nE 's/^(#|ℹ) pass ([0-9]+)$/\2/p' "$1" | tail -n 1)))
  failed=$((failed + $(sed -nE 's/^(#|ℹ) fail ([0-9]+)$/\2/p' "$1" | tail -n 1)))
  closing_lines+=("$(grep -E '^(#|ℹ) (tests|pass|fail) ' "$1" || true)")
}

go_counts() {
  passed=$((passed + $(count_lines '^ *--- PASS' "$1")))
  failed=$((failed + $(count_lines '^ *--- FAIL' "$1")))
  skipped=$((skipped + $(count_lines '^ *--- SKIP' "$1")))
  closing_lines+=("$(grep -E '^(ok|FAIL)[[:space:]]' "$1" || true)")
}

# Beside the counts: what the ledger test acknowledged, disturbed and found.
failure_counts() {
  go_counts "$1"
  closing_lines+=("$(sed -nE 's/^ *[a-z_]+_test\.go:[0-9]+: (ledger: .*)/\1/p' "$1")")
}
