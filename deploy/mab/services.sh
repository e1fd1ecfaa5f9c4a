# shellcheck shell=bash
# What each process is: its command, its own settings, how to ask whether it is well.

# run_process NAME: becomes the process. Each gets only the secrets that it needs.
run_process() {
  trap - TERM HUP INT
  local bin=$MAB_DATA_DIR/bin
  cd "$MAB_DATA_DIR"
  export MAB_MIGRATIONS_DIR=$MAB_DATA_DIR/migrations
  case $1 in
    postgres)
      unset_secrets
      run_postgres
      ;;
    assignment)
      unset JWT_SECRET JWT_SECRET_PREVIOUS MAB_SETUP_TOKEN MAB_ADMIN_EMAIL MAB_ADMIN_PASSWORD \
        MAB_ADMIN_DATABASE_URL REDIS_URL
      if [[ -n ${MAB_ASSIGNMENT_DATABASE_URL-} ]]; then unset DATABASE_URL; fi
      export MAB_DATA_DIR=$MAB_DATA_DIR/assignment
      as_service_user setsid "$bin/mab-assignment"
      ;;
    admin)
      unset MAB_ASSIGNMENT_DATABASE_URL REDIS_URL
      if [[ -n ${MAB_ADMIN_DATABASE_URL-} ]]; then unset DATABASE_URL; fi
      as_service_user setsid "$bin/mab-admin" serve
      ;;
    gateway)
      local secret=${MAB_INTERNAL_SECRET-} redis=${REDIS_URL-}
      unset_secrets
      export MAB_INTERNAL_SECRET=$secret REDIS_URL=$redis
      as_service_user setsid "$bin/mab-gateway"
      ;;
    *) fail "there is no process '$1'." ;;
  esac
}

unset_secrets() {
  unset JWT_SECRET JWT_SECRET_PREVIOUS MAB_INTERNAL_SECRET MAB_USER_HASH_KEY MAB_SETUP_TOKEN MAB_ADMIN_EMAIL MAB_ADMIN_PASSWORD DATABASE_URL REDIS_URL \
    MAB_ADMIN_DATABASE_URL MAB_ASSIGNMENT_DATABASE_URL
}

address_of() {
  case $1 in
    postgres) printf 'unix:%s/.s.PGSQL.5432' "$(socket_dir)" ;;
    assignment) printf '%s' "$MAB_ASSIGNMENT_LISTEN" ;;
    admin) printf '%s' "$MAB_ADMIN_LISTEN" ;;
    gateway) printf '%s:%s' "$MAB_HOST" "$PORT" ;;
  esac
}

# The gateway's /health, which asks both services; nothing while it does not answer. Its certificate is of another name
# than this machine's own address.
fetch_health() { curl -sk --max-time 3 "$gateway_url/health" || true; }

# health_of NAME HEALTH: ok | degraded | down | starting | stopped, from the answer of fetch_health.
health_of() {
  local name=$1 health=$2 status
  if ! live_pid "$name" >/dev/null; then
    if live_pid "$name.keeper" >/dev/null; then printf starting; else printf stopped; fi
    return
  fi
  case $name in
    postgres) if postgres_answers; then printf ok; else printf starting; fi ;;
    gateway) if [[ -n $health ]]; then printf ok; else printf starting; fi ;;
    *)
      status=$(jq -r --arg name "$name" '.checks[$name].status // empty' <<<"$health" 2>/dev/null || true)
      printf '%s' "${status:-unknown}"
      ;;
  esac
}
