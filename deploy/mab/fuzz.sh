# shellcheck shell=bash
# `fuzz [MINUTES]`: bytes of chance for what reads the journal, and for what validates requests. What was learned stays in
# build/fuzz/corpus and is where the next run begins; an input that breaks something is kept in build/fuzz/crashes.

readonly fuzz_dir=$MAB_ROOT/build/fuzz

command_fuzz() {
  local minutes=${1:-1}
  if (($# > 1)) || [[ ! $minutes =~ ^[1-9][0-9]{0,3}$ ]]; then
    fail "fuzz takes a number of minutes, 1 to 9999, and nothing else, not '$*'."
  fi
  command_install
  install_packages "$MAB_ROOT/deploy/mab/debian-packages-fuzz.txt"
  step "The fuzzers" "$build_log_dir/fuzz-build.log" build_fuzzers
  fuzz "Fuzzing the journal's reader" journal_reader_fuzzer journal_seeds "$minutes"
  fuzz "Fuzzing the validators of requests" request_fuzzer request_seeds "$minutes"
}

build_fuzzers() {
  cd "$MAB_ROOT"
  cmake --preset fuzz
  ninja -C build/fuzz -j "$(build_jobs)" bin/{journal_reader,request}_fuzzer bin/{journal,request}_seeds
}

# fuzz TITLE FUZZER SEEDS MINUTES: SEEDS is the program that writes what FUZZER begins with.
fuzz() {
  local log=$build_log_dir/$2.log
  run_step "$1" "$log" run_fuzzer "$2" "$3" "$4"
  if ((step_code != 0)); then
    grep -E '^does not hold|ERROR: |runtime error|SUMMARY' "$log" | sed 's/^/    /' >&2 || true
    fail "the fuzzer found something. The input is the newest file in $fuzz_dir/crashes (run $fuzz_dir/bin/$2 with it); the log is $log"
  fi
  sed -nE 's/^stat::(number_of_executed_units): *([0-9]+)$/  \2 inputs, no finding./p' "$log"
}

# In memory where there is some: a fuzzer may write each input to a file. A directory of its own, which it leaves behind
# when it breaks.
run_fuzzer() {
  local fuzzer=$1 seeds=$2 minutes=$3 code=0 place=${TMPDIR:-/tmp}
  mkdir -p "$fuzz_dir/corpus/$fuzzer" "$fuzz_dir/crashes"
  "$fuzz_dir/bin/$seeds" "$fuzz_dir/seeds/$fuzzer"
  if [[ -w /dev/shm ]]; then place=/dev/shm; fi
  place=$(mktemp -d "$place/mab-fuzz-XXXXXX")
  TMPDIR=$place ASAN_OPTIONS=quarantine_size_mb=16:malloc_context_size=8 "$fuzz_dir/bin/$fuzzer" \
    -max_total_time=$((minutes * 60)) -max_len=16384 -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
    -artifact_prefix="$fuzz_dir/crashes/" "$fuzz_dir/corpus/$fuzzer" "$fuzz_dir/seeds/$fuzzer" || code=$?
  rm -rf "$place"
  return "$code"
}
