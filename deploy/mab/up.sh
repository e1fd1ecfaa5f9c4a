# shellcheck shell=bash
# `up`: from whatever is there to a system that runs.

command_up() {
  local detach=no
  case ${1-} in
    '') ;;
    -d | --detach) detach=yes ;;
    *) fail "up takes -d and nothing else, not '$1'." ;;
  esac
  prepare_data_dir_path
  lock_run_dir
  # What runs is judged by the settings it was started with, whatever this shell's are.
  if (recall_config && [[ $(running_state) == all ]]); then
    recall_config
    say "MAB is running already (data in $MAB_DATA_DIR)."
    print_urls
    return
  fi
  check_sign_in_settings
  (
    recall_config
    clean_up_leftovers
  )
  check_ports
  if [[ ${MAB_BUILD:-yes} == yes ]]; then command_install; fi
  prepare_data_dir
  load_secrets
  if [[ ${MAB_BUILD:-yes} == yes ]]; then build_release; fi
  check_ports
  trap 'abandon_start' EXIT
  start_all
  trap - EXIT
  print_urls
  print_sign_in
  unlock_run_dir
  if [[ $detach == no ]]; then attend; fi
}

# Production's secrets before anything long.
check_sign_in_settings() {
  if [[ $ENV == production ]]; then require_production_secrets; fi
  if [[ -n ${MAB_ADMIN_EMAIL-} && -z ${MAB_ADMIN_PASSWORD-} ]]; then
    fail "MAB_ADMIN_EMAIL is set without MAB_ADMIN_PASSWORD; set both, or neither and use the setup link."
  fi
}

clean_up_leftovers() {
  if [[ $(running_state) == some ]]; then
    say "An earlier run was not stopped cleanly; stopping what is left of it."
    stop_all
  fi
}

# Where root's checkout is closed to others (such as in /root), the services' user cannot reach .mab in it: then .mab
# is a link to a folder in /var/lib/mab.
prepare_data_dir_path() {
  local elsewhere
  if ((EUID == 0)) && [[ $data_dir_is_default == yes && ! -e $MAB_DATA_DIR ]] && ! is_open_to_others "$MAB_ROOT"; then
    elsewhere=/var/lib/mab/$(basename "$MAB_ROOT")-$(printf '%s' "$MAB_ROOT" | sha256sum | head -c 8)
    say "Data in $elsewhere (.mab is a link to it): $MAB_ROOT is closed to the user that the services run as."
    mkdir -p "$elsewhere"
    ln -sfn "$elsewhere" "$MAB_ROOT/.mab"
    MAB_DATA_DIR=$elsewhere
    run_dir=$MAB_DATA_DIR/run
    log_dir=$MAB_DATA_DIR/log
  fi
  mkdir -p "$MAB_DATA_DIR" || fail "the data directory $MAB_DATA_DIR cannot be made; set MAB_DATA_DIR to one that can."
  [[ -w $MAB_DATA_DIR ]] || fail "the data directory $MAB_DATA_DIR is not writable for $(id -un); set MAB_DATA_DIR to one that is."
}

# Everybody may pass through the folder and all above it.
is_open_to_others() {
  local dir=$1
  while [[ $dir != / ]]; do
    [[ $(stat -c %A "$dir") == *[xt] ]] || return 1
    dir=$(dirname "$dir")
  done
}

prepare_data_dir() {
  local mode=700
  if ((EUID == 0)); then mode=711; fi
  chmod "$mode" "$MAB_DATA_DIR" "$run_dir" "$log_dir"
  if ((EUID == 0)) && ! (as_service_user test -x "$MAB_DATA_DIR"); then
    fail "the user $service_user, whom the processes run as, cannot reach $MAB_DATA_DIR; set MAB_DATA_DIR to a folder that is open to him, or open the folders above it (chmod a+x)."
  fi
  mkdir -p "$MAB_DATA_DIR/assignment"
  chmod 700 "$MAB_DATA_DIR/assignment"
  own_by_service_user "$MAB_DATA_DIR/assignment"
}

# Each port before anything is started: variable, address, how it is derived.
check_ports() {
  check_port "$MAB_HOST:$PORT" PORT
  check_port "$MAB_ASSIGNMENT_LISTEN" "MAB_ASSIGNMENT_LISTEN, by default PORT + 10"
  check_port "$MAB_ADMIN_LISTEN" "MAB_ADMIN_LISTEN, by default PORT + 11"
  check_port "$MAB_ASSIGNMENT_METRICS_LISTEN" "MAB_ASSIGNMENT_METRICS_LISTEN, by default PORT + 20"
  check_port "$MAB_ADMIN_METRICS_LISTEN" "MAB_ADMIN_METRICS_LISTEN, by default PORT + 21"
  check_port "$MAB_GATEWAY_METRICS_LISTEN" "MAB_GATEWAY_METRICS_LISTEN, by default PORT + 22"
}

check_port() {
  local address=$1 variable=$2 port
  if [[ $address == unix:* ]]; then return; fi
  port=${address##*:}
  if is_listened_on "$port"; then
    fail "port $port ($variable) is in use by another process; stop that one or choose another port, such as PORT=$((PORT + 100)) ./mab up."
  fi
}

# State 0A of /proc/net/tcp is LISTEN; the port is hexadecimal.
is_listened_on() {
  local hex
  hex=$(printf '%04X' "$1")
  cat /proc/net/tcp /proc/net/tcp6 2>/dev/null |
    awk -v port=":$hex" '$4 == "0A" && substr($2, length($2) - 4) == port {found = 1} END {exit !found}'
}

start_all() {
  say "Starting"
  stage_release
  remember_config
  start_database
  migrate
  start_keeper assignment
  start_keeper admin
  start_keeper gateway
  wait_until_healthy
}

start_database() {
  if [[ $own_database != yes ]]; then return; fi
  prepare_postgres
  use_own_database
  start_keeper postgres
  await "PostgreSQL" 60 postgres_answers postgres
  create_database
}

# start_all failed: nothing of it is left running.
abandon_start() {
  local code=$?
  trap - EXIT
  warn "The start failed; stopping what was started."
  stop_all >&2
  exit "$code"
}

# await TEXT LIMIT_S CONDITION NAME...: until CONDITION holds. Gives up early where one of the processes NAME dies
# again and again, and shows what it said.
await() {
  local text=$1 limit_s=$2 condition=$3 began=$SECONDS name
  shift 3
  until "$condition"; do
    for name in "$@"; do
      if (($(starts_of "$name") >= 4)); then
        tail -n 8 "$log_dir/$name.log" | sed 's/^/    /' >&2
        fail "$name does not start; its log, $log_dir/$name.log, ends with the lines above."
      fi
    done
    if ((SECONDS - began >= limit_s)); then
      fail "$text: not ready after $limit_s s; ./mab logs may say why ($log_dir)."
    fi
    if [[ -t 1 ]]; then printf '\r\033[K  %s … %ds' "$text" $((SECONDS - began)); fi
    sleep 0.1
  done
  if [[ -t 1 ]]; then printf '\r\033[K'; fi
  say "  $text: ready"
}

# How often the keeper has started the process.
starts_of() { cat "$run_dir/$1.starts" 2>/dev/null || printf 0; }

wait_until_healthy() {
  started_at=$SECONDS
  await "assignment, admin and gateway" "${MAB_START_LIMIT_S:-90}" serves assignment admin gateway
  if [[ $health != ok ]]; then warn "Visitors are served, but not all is well: ./mab status says what."; fi
}

# All is well; or, when it has had time to become so, visitors are served at least (the database may be away).
serves() {
  health=$(fetch_health | jq -r .status 2>/dev/null || true)
  [[ $health == ok ]] || [[ $health == degraded && $((SECONDS - started_at)) -ge 20 ]]
}

command_migrate() {
  local started_database=no
  prepare_data_dir_path
  lock_run_dir
  prepare_data_dir
  load_secrets
  stage_release
  if [[ $own_database == yes ]] && ! postgres_is_ours; then
    trap 'stop postgres' EXIT
    start_database
    started_database=yes
  elif [[ $own_database == yes ]]; then
    use_own_database
  fi
  migrate
  if [[ $started_database == yes ]]; then
    trap - EXIT
    stop postgres
  fi
}

migrate() {
  step "Migrations" "$log_dir/migrate.log" run_migrate
}

run_migrate() {
  cd "$MAB_DATA_DIR"
  export MAB_MIGRATIONS_DIR=$MAB_DATA_DIR/migrations
  (as_service_user "$MAB_DATA_DIR/bin/mab-admin" migrate)
}

print_urls() {
  say ""
  say "  Dashboard   $gateway_url/"
  say "  JSON API    $gateway_url/api/    described at $gateway_url/docs"
  say "  gRPC        assignment $MAB_ASSIGNMENT_LISTEN, admin $MAB_ADMIN_LISTEN"
  say "  Metrics     http://$MAB_GATEWAY_METRICS_LISTEN/metrics, http://$MAB_ASSIGNMENT_METRICS_LISTEN/metrics, http://$MAB_ADMIN_METRICS_LISTEN/metrics"
}

print_sign_in() {
  say ""
  # A database of somebody else's is not asked: its password would stand in the list of processes.
  if [[ $own_database != yes ]]; then
    say "  Sign in at $gateway_url/login"
    if [[ -n ${MAB_SETUP_TOKEN-} ]]; then say "  Where there is no account yet: $gateway_url/login#setup=$MAB_SETUP_TOKEN"; fi
  elif [[ $(count_accounts) != 0 ]]; then
    say "  Sign in at $gateway_url/login"
  elif [[ -n ${MAB_SETUP_TOKEN-} ]]; then
    say "  Nobody can sign in yet. Create the first administrator with this link, which works once:"
    say "  $gateway_url/login#setup=$MAB_SETUP_TOKEN"
  else
    say "  Nobody can sign in yet: set MAB_ADMIN_EMAIL and MAB_ADMIN_PASSWORD, or MAB_SETUP_TOKEN, and start again."
  fi
  say ""
}

count_accounts() {
  "$(postgres_bin)/psql" -X -q -At -d "$DATABASE_URL" -c 'SELECT count(*) FROM (SELECT 1 FROM mab.accounts LIMIT 1) AS any_account'
}

# In the foreground: tells what the supervisor tells, until Ctrl-C.
attend() {
  reader=
  trap 'stop_and_leave' INT TERM HUP
  say "Ctrl-C stops everything."
  tail -n 0 -F "$log_dir/supervisor.log" 2>/dev/null &
  reader=$!
  while [[ $(running_state) == all ]]; do
    sleep 1 &
    wait "$!" || true
  done
  # Somebody's `down` takes a moment.
  local patience=70
  while [[ $(running_state) == some ]] && ((patience-- > 0)); do
    sleep 1 &
    wait "$!" || true
  done
  kill "$reader" 2>/dev/null || true
  if [[ $(running_state) == none ]]; then say "MAB was stopped."; else fail "the supervisor ended; ./mab up starts it again."; fi
}

stop_and_leave() {
  trap '' INT TERM HUP
  kill "$reader" 2>/dev/null || true
  say ""
  say "Stopping"
  lock_run_dir
  stop_all
  say "Stopped."
  exit 0
}
