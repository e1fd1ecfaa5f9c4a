# shellcheck shell=bash
# What the script tells: plain sentences, and how far a long step is.

say() { printf '%s\n' "$*"; }

warn() { printf '%s\n' "$*" >&2; }

# One sentence to standard error, and the end. A command to which status 1 means something else sets fail_status.
fail() {
  warn "mab: $*"
  exit "${fail_status:-1}"
}

# "48s", "3m05s".
duration_text() {
  if (($1 < 60)); then printf '%ds' "$1"; else printf '%dm%02ds' "$(($1 / 60))" "$(($1 % 60))"; fi
}

# How far a build is: the last [done/all] of ninja or ctest in its log.
progress_of() {
  tail -c 4000 "$1" 2>/dev/null | tr '\r' '\n' | grep -oE '^ *\[?[0-9]+/[0-9]+\]?' | tail -n 1 | tr -d ' []' || true
}

# drop_lock: a background process of ours must not go on holding the data directory's lock when we are killed.
drop_lock() {
  if [[ -n ${lock_fd-} ]]; then exec {lock_fd}>&-; fi
}

# show_progress TEXT LOG PARENT: in place on a terminal, else a line every half minute. Runs until it is ended (SIGTERM)
# or the process PARENT is gone, and leaves no sleep behind that would hold our files open.
show_progress() {
  local text=$1 log=$2 parent=$3 began=$SECONDS form='  %s … %s %s\n' pause_s=30 timer=
  trap 'kill "$timer" 2>/dev/null; exit 0' TERM
  drop_lock
  if [[ -t 1 ]]; then form='\r\033[K  %s … %s %s' pause_s=0.5; fi
  while kill -0 "$parent" 2>/dev/null; do
    sleep "$pause_s" &
    timer=$!
    wait "$timer" || true
    # shellcheck disable=SC2059
    printf "$form" "$text" "$(progress_of "$log")" "$(duration_text $((SECONDS - began)))"
  done
}

# run_step TEXT LOG COMMAND...: runs what takes long, with its output in LOG, and leaves its exit code in step_code.
# Never call it in a condition: `set -e` would be off in COMMAND.
run_step() {
  local text=$1 log=$2 began=$SECONDS watcher how=done
  shift 2
  mkdir -p "$(dirname "$log")"
  [[ -t 1 ]] || say "  $text …"
  show_progress "$text" "$log" "$$" &
  watcher=$!
  set +e
  (
    set -e
    drop_lock
    "$@"
  ) >"$log" 2>&1 </dev/null
  step_code=$?
  kill "$watcher" 2>/dev/null
  wait "$watcher" 2>/dev/null
  set -e
  if [[ -t 1 ]]; then printf '\r\033[K'; fi
  if ((step_code != 0)); then how=failed; fi
  say "  $text: $how after $(duration_text $((SECONDS - began)))"
}

# step TEXT LOG COMMAND...: run_step; where it fails, the last lines of LOG are shown and the script ends.
step() {
  run_step "$@"
  if ((step_code != 0)); then
    tail -n 25 "$2" | sed 's/^/    /' >&2
    fail "$1 failed. The whole output is in $2"
  fi
}
