# shellcheck shell=bash
# `fuzz [MINUTES]`: bytes of chance for what reads the journal. What was learned stays in build/fuzz/corpus and is where
# the next run begins; an input that breaks something is kept in build/fuzz/crashes.

readonly fuzz_dir=$MAB_ROOT/build/fuzz

command_fuzz() {
  local minutes=${1:-1} log=$build_log_dir/fuzz.log
  if (($# > 1)) || [[ ! $minutes =~ ^[1-9][0-9]{0,3}$ ]]; then
    fail "fuzz takes a number of minutes, 1 to 9999, and nothing else, not '$*'."
  fi
  command_install
  install_packages "$MAB_ROOT/deploy/mab/debian-packages-fuzz.txt"
  step "The fuzzer" "$build_log_dir/fuzz-build.log" build_fuzzer
  run_step "Fuzzing the journal's reader" "$log" run_fuzzer "$minutes"
  if ((step_code != 0)); then
    grep -E '^does not hold|ERROR: |runtime error|SUMMARY' "$log" | sed 's/^/    /' >&2 || true
    fail "the fuzzer found something. The input is the newest file in $fuzz_dir/crashes (run $fuzz_dir/bin/journal_reader_fuzzer with it); the log is $log"
  fi
  sed -nE 's/^stat::(number_of_executed_units): *([0-9]+)$/  \2 inputs, no finding./p' "$log"
}

build_fuzzer() {
  cd "$MAB_ROOT"
  cmake --preset fuzz
  ninja -C build/fuzz -j "$(build_jobs)" bin/journal_reader_fuzzer bin/journal_seeds
}

# In memory where there is some: the fuzzer writes each input to a file. A directory of its own, which it leaves behind
# when it breaks.
run_fuzzer() {
  local code=0 place=${TMPDIR:-/tmp}
  mkdir -p "$fuzz_dir/corpus" "$fuzz_dir/crashes"
  "$fuzz_dir/bin/journal_seeds" "$fuzz_dir/seeds"
  if [[ -w /dev/shm ]]; then place=/dev/shm; fi
  place=$(mktemp -d "$place/mab-fuzz-XXXXXX")
  TMPDIR=$place ASAN_OPTIONS=quarantine_size_mb=16:malloc_context_size=8 "$fuzz_dir/bin/journal_reader_fuzzer" \
    -max_total_time=$(($1 * 60)) -max_len=16384 -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
    -artifact_prefix="$fuzz_dir/crashes/" "$fuzz_dir/corpus" "$fuzz_dir/seeds" || code=$?
  rm -rf "$place"
  return "$code"
}
