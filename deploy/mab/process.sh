# shellcheck shell=bash
# Processes that outlive this script: who they are, and how they end. A process is remembered in
# $MAB_DATA_DIR/run/NAME.pid as "pid start-time boot": a number that the system has given to another process since is
# never taken for ours.

# The service user of a system that root starts; everybody else runs everything as himself.
readonly service_user=${MAB_RUN_AS:-mab}

# as_service_user COMMAND...: becomes COMMAND, so the process id stays.
as_service_user() {
  if ((EUID == 0)); then
    exec setpriv --reuid="$service_user" --regid="$service_user" --clear-groups --no-new-privs -- "$@"
  fi
  exec "$@"
}

own_by_service_user() {
  if ((EUID == 0)); then chown "$service_user:" "$@"; fi
}

# Clock ticks since boot at which the process started (field 22; the name in field 2 may have spaces).
start_time_of() {
  local stat
  { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 1
  stat=${stat##*) }
  # shellcheck disable=SC2086
  set -- $stat
  [[ $1 != Z ]] && printf '%s' "${20}"
}

boot_id() { cat /proc/sys/kernel/random/boot_id 2>/dev/null || printf unknown; }

# write_pid NAME PID
write_pid() {
  local started
  started=$(start_time_of "$2") || return 0
  printf '%s %s %s\n' "$2" "$started" "$(boot_id)" >"$run_dir/$1.pid.new"
  mv "$run_dir/$1.pid.new" "$run_dir/$1.pid"
}

# live_pid NAME: prints the process id if that process is alive, and is the one that was remembered.
live_pid() {
  local pid started boot
  [[ -f $run_dir/$1.pid ]] || return 1
  read -r pid started boot <"$run_dir/$1.pid" || return 1
  [[ $boot == "$(boot_id)" && $(start_time_of "$pid") == "$started" ]] || return 1
  printf '%s' "$pid"
}

# end_process NAME SIGNAL LIMIT_S: sends SIGNAL until the process is gone. 1 where it is still there after the limit.
end_process() {
  local name=$1 signal=$2 limit_s=$3 pid polls=0
  while pid=$(live_pid "$name"); do
    if ((polls % 40 == 0)); then kill -s "$signal" "$pid" 2>/dev/null || true; fi
    if ((polls >= limit_s * 20)); then return 1; fi
    polls=$((polls + 1))
    sleep 0.05
  done
  rm -f "$run_dir/$name.pid"
}

# stop NAME: what watches over it first, then the process itself.
stop() {
  local name=$1 signal=TERM limit_s=15 began=$SECONDS was_alive=no
  if live_pid "$name" >/dev/null; then was_alive=yes; fi
  case $name in
    postgres) signal=INT limit_s=60 ;; # PostgreSQL's fast shutdown: ends sessions, writes everything.
    assignment) limit_s=60 ;;          # Finishes what is in flight, syncs its journal.
  esac
  end_process "$name.keeper" TERM 10 || end_process "$name.keeper" KILL 5 || true
  if ! end_process "$name" "$signal" "$limit_s"; then
    say "  $name did not stop within $limit_s s; it is killed. Nothing that was acknowledged is lost."
    if [[ $name == postgres ]]; then signal=QUIT; else signal=KILL; fi
    end_process "$name" "$signal" 10 || end_process "$name" KILL 5 || true
  elif [[ $was_alive == yes ]]; then
    say "  $name stopped after $(duration_text $((SECONDS - began)))"
  fi
}

# In the order of the traffic: nobody loses the one it talks to.
stop_all() {
  local name
  for name in gateway assignment admin postgres; do
    stop "$name"
  done
  remove_socket_dir
  rm -f "$run_dir/system.env"
}

# all | some | none of the processes are watched over.
running_state() {
  local name alive=0
  for name in "${processes[@]}"; do
    if live_pid "$name.keeper" >/dev/null; then alive=$((alive + 1)); fi
  done
  if ((alive == ${#processes[@]})); then
    printf all
    return
  fi
  for name in postgres assignment admin gateway; do
    if live_pid "$name" >/dev/null || live_pid "$name.keeper" >/dev/null; then alive=$((alive + 1)); fi
  done
  if ((alive > 0)); then printf some; else printf none; fi
}

# One `up` or `down` at a time.
lock_run_dir() {
  mkdir -p "$run_dir" "$log_dir"
  exec {lock_fd}>"$run_dir/lock"
  flock -n "$lock_fd" || fail "another ./mab up or down is at work on $MAB_DATA_DIR; try again when it is done."
}

unlock_run_dir() { exec {lock_fd}>&-; }
