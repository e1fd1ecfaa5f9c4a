# shellcheck shell=bash
# `simulate`: experiments that have not been run. Needs no running system; builds the simulator where it is missing.

command_simulate() {
  local simulator=$bin_dir/mab-simulate
  if [[ ! -x $simulator ]]; then
    # Standard output is the simulator's own.
    command_install >&2
    step "The simulator" "$build_log_dir/simulate-build.log" build_simulator >&2
  fi
  exec "$simulator" "$@"
}

build_simulator() {
  cd "$MAB_ROOT"
  cmake --preset release
  ninja -C build/release -j "$(build_jobs)" bin/mab-simulate
}
