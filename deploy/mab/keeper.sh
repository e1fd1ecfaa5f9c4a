# shellcheck shell=bash
# What watches over one process: starts it, starts it again when it dies (after 0.2 s, twice as long each time, at most
# 10 s; from the beginning once it has been up for 30 s), and keeps its log short. Each process has a keeper of its own.

readonly backoff_first_ms=200 backoff_max_ms=10000 good_run_s=30
readonly log_bytes_max=$((10 * 1024 * 1024))

# start_keeper NAME: in a session of its own, so that no terminal's Ctrl-C reaches it, and without our lock.
start_keeper() {
  rm -f "$run_dir/$1.starts"
  setsid "$BASH" "$MAB_ROOT/mab" keep "$1" </dev/null >>"$log_dir/supervisor.log" 2>&1 {lock_fd}>&- &
  write_pid "$1.keeper" "$!"
  disown
}

# keep NAME: runs until it is told to leave (SIGTERM). It leaves its process running: who stops the system does so in
# the right order.
keep() {
  local name=$1 log=$log_dir/$1.log backoff_ms=$backoff_first_ms child started code
  starts=0
  leaving=no rotator=
  trap 'leaving=yes' TERM
  trap '' HUP INT
  if [[ $name == postgres ]]; then clear_stale_postmaster; fi
  recall_config
  load_secrets
  if [[ $own_database == yes ]]; then use_own_database; fi
  keep_logs_short "$log" "$log_dir/supervisor.log" &
  rotator=$!

  while [[ $leaving == no ]]; do
    started=$SECONDS
    starts=$((starts + 1))
    printf '%s' "$starts" >"$run_dir/$name.starts"
    run_process "$name" </dev/null >>"$log" 2>&1 &
    child=$!
    write_pid "$name" "$child"
    code=0
    # bash itself would tell of the end in words of its own.
    if [[ $leaving == no ]]; then wait "$child" 2>/dev/null || code=$?; fi
    if [[ $leaving == yes ]]; then break; fi
    if ((SECONDS - started >= good_run_s)); then backoff_ms=$backoff_first_ms; fi
    tell_restart "$name" "$child" "$code" "$backoff_ms" | tee -a "$log"
    pause_ms "$backoff_ms"
    backoff_ms=$((backoff_ms * 2 > backoff_max_ms ? backoff_max_ms : backoff_ms * 2))
  done
  kill "$rotator" 2>/dev/null || true
  rm -f "$run_dir/$name.keeper.pid"
}

tell_restart() {
  local name=$1 pid=$2 code=$3 backoff_ms=$4 how
  how="ended with status $code"
  if ((code > 128)); then how="was ended by SIG$(kill -l $((code - 128)))"; fi
  printf '%s supervisor: %s (pid %s) %s; it is started again in %d.%d s\n' \
    "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$name" "$pid" "$how" $((backoff_ms / 1000)) $((backoff_ms % 1000 / 100))
}

# A pause that a signal interrupts.
pause_ms() {
  sleep "$(($1 / 1000)).$(printf '%03d' $(($1 % 1000)))" &
  wait "$!" || true
}

# keep_logs_short LOG...: once a minute, a log past its limit is copied to LOG.1 and emptied; whoever writes to it
# appends, and goes on. Ends with the keeper ($$).
keep_logs_short() {
  local log timer
  trap 'kill "$timer" 2>/dev/null; exit 0' TERM
  while kill -0 "$$" 2>/dev/null; do
    sleep 60 &
    timer=$!
    wait "$timer" || true
    for log in "$@"; do
      if [[ -f $log && $(stat -c %s "$log") -gt $log_bytes_max ]]; then
        cp "$log" "$log.1"
        : >"$log"
      fi
    done
  done
}
