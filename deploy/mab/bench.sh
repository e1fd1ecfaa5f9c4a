# shellcheck shell=bash
# `bench`: how the system does under load, beside baselines that are measured in the same minutes; docs/performance.md says
# what each figure is. `bench --micro`: the stages of a request, one by one.

readonly bench_dir=$MAB_ROOT/build/bench
readonly micro_benchmarks=(bandit_benchmark journal_benchmark call_authorizer_benchmark hot_path_benchmark)

bench_help() {
  cat <<'TEXT'
Usage: ./mab bench [OPTIONS]

  --short             One short round and small settings: tells whether all of it works, and no more.
  --rounds N          How often each subject is measured, 1 to 99: 5.
  --seconds S         How long each run is, 0.1 to 60: 3.
  --connections LIST  Numbers of connections: 1,64,256.
  --only REGEX        Measure these subjects alone: nginx, empty, per_call, assign_0, assign_20, assign_100, convert, mixed,
                      empty_rpc, grpc_0, grpc_20, grpc_100.
  --parts LIST        closed, half, overload: all three.
  --users N           Known users of the largest setting at half load, at most 10000000: 1000000.
  --experiments N     Running experiments of the settings with many, at most 2000: 1000.
  --micro             The stages of a request alone, by Google Benchmark and go test -bench.

The report is build/bench/DATE.txt and .json, and build/bench/latest.txt and .json. MAB_BUILD=no takes what is built.
TEXT
}

command_bench() {
  local arguments=(-rounds=5 -seconds=3 -users=1000000 -experiments=1000) kind=load
  read_bench_options "$@"
  if [[ $kind == help ]]; then
    bench_help
    return
  fi
  if [[ ${MAB_BUILD:-yes} == yes ]]; then
    command_install
    install_bench_packages
    build_release
    step "Load generators" "$build_log_dir/bench-build.log" build_bench
  fi
  cd "$MAB_ROOT"
  if [[ $kind == micro ]]; then run_micro_benchmarks 0.5 1s; else run_load "${arguments[@]}"; fi
}

# Into `arguments` and `kind` of the caller. The last word of an option wins; the test checks the values.
read_bench_options() {
  while (($# > 0)); do
    case $1 in
      --short) arguments=() ;;
      --micro) kind=micro ;;
      --help | -h) kind=help ;;
      --rounds | --seconds | --connections | --only | --parts | --users | --experiments)
        if (($# < 2)); then fail "$1 takes a value; ./mab bench --help says which."; fi
        arguments+=("${1#-}=$2")
        shift
        ;;
      *) fail "bench does not take '$1'; ./mab bench --help lists what it takes." ;;
    esac
    shift
  done
}

run_load() {
  local file
  file=$bench_dir/$(date -u +%Y-%m-%dT%H%M%SZ)
  mkdir -p "$bench_dir"
  go test -v -count=1 -timeout 12h ./tests/load -run '^TestSystemUnderLoad$' -args "$@" -file="$file"
  cp "$file.txt" "$bench_dir/latest.txt"
  cp "$file.json" "$bench_dir/latest.json"
  say "The report is $file.txt and $file.json."
}

# nginx runs for the measurement; the package's own daemon neither goes on now nor comes with the next boot.
install_bench_packages() {
  local new=no
  is_installed nginx || new=yes
  install_packages "$MAB_ROOT/deploy/mab/debian-packages-bench.txt"
  if [[ $new == yes && -d /run/systemd/system ]]; then as_root systemctl disable --now --quiet nginx; fi
}

build_bench() {
  cd "$MAB_ROOT"
  cmake --preset release
  ninja -C build/release -j "$(build_jobs)" bin/{http,grpc}_load "${micro_benchmarks[@]/#/bin/}"
}

# run_micro_benchmarks SECONDS GOTIME: each stage for about so long. What needs a database of its own is left to whoever runs
# journal_benchmark by hand.
run_micro_benchmarks() {
  local name
  for name in "${micro_benchmarks[@]}"; do
    "$bin_dir/$name" --benchmark_min_time="$1" --benchmark_filter='-BM_(BareInsert|Drain)'
  done
  go test -run '^$' -bench . -benchtime "$2" ./gateway ./gateway/api ./gateway/coalesce
}
