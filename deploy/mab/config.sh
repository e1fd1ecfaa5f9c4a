# shellcheck shell=bash
# The settings: the environment wins over .env, which wins over the defaults. An empty variable counts as unset.

# load_env_file FILE [override]: reads KEY=VALUE lines. The file is parsed, never executed. Variables that are set
# already keep their value, unless `override` is given.
load_env_file() {
  local file=$1 mode=${2:-} line key value number=0
  while IFS= read -r line || [[ -n $line ]]; do
    number=$((number + 1))
    line=${line%$'\r'}
    [[ $line =~ ^[[:space:]]*(#|$) ]] && continue
    if [[ ! $line =~ ^[[:space:]]*(export[[:space:]]+)?([A-Za-z_][A-Za-z0-9_]*)=(.*)$ ]]; then
      fail "$file, line $number: expected KEY=VALUE."
    fi
    key=${BASH_REMATCH[2]}
    value=$(unquote "${BASH_REMATCH[3]}")
    if [[ $mode == override || -z ${!key-} ]]; then
      export "$key=$value"
    fi
  done <"$file"
}

# A value without its quotes; without them it ends at " #", and spaces around it do not count.
unquote() {
  local value=$1
  value=${value#"${value%%[![:space:]]*}"}
  if [[ $value =~ ^\"([^\"]*)\"[[:space:]]*(#.*)?$ || $value =~ ^\'([^\']*)\'[[:space:]]*(#.*)?$ ]]; then
    printf '%s' "${BASH_REMATCH[1]}"
    return
  fi
  value=${value%%[[:space:]]#*}
  printf '%s' "${value%"${value##*[![:space:]]}"}"
}

load_config() {
  local env_file=${MAB_ENV_FILE:-$MAB_ROOT/.env}
  if [[ -f $env_file ]]; then load_env_file "$env_file"; fi

  export ENV=${ENV:-development} LOG_LEVEL=${LOG_LEVEL:-info} PORT=${PORT:-8000}
  [[ $ENV == development || $ENV == production ]] ||
    fail "ENV is '$ENV'; it must be development or production."
  if [[ ! $PORT =~ ^[1-9][0-9]{0,4}$ ]] || ((PORT > 65513)); then
    fail "PORT is '$PORT'; it must be 1 to 65513 (the ports above it, up to PORT + 22, are used too)."
  fi

  data_dir_is_default=no
  if [[ -z ${MAB_DATA_DIR-} ]]; then
    MAB_DATA_DIR=$MAB_ROOT/.mab
    data_dir_is_default=yes
  fi
  # Whole, and through links: it is in sockets' names and must be the same from everywhere.
  MAB_DATA_DIR=$(readlink -m "$MAB_DATA_DIR")
  export MAB_DATA_DIR
  run_dir=$MAB_DATA_DIR/run
  log_dir=$MAB_DATA_DIR/log

  own_database=yes
  if [[ -n ${DATABASE_URL-} ]]; then
    own_database=no
  elif [[ -n ${MAB_ADMIN_DATABASE_URL-}${MAB_ASSIGNMENT_DATABASE_URL-} ]]; then
    fail "MAB_ADMIN_DATABASE_URL and MAB_ASSIGNMENT_DATABASE_URL need DATABASE_URL: its role makes the schema."
  fi
  processes=(assignment admin gateway)
  if [[ $own_database == yes ]]; then processes=(postgres "${processes[@]}"); fi

  set_addresses
}

set_addresses() {
  local host=127.0.0.1
  if [[ $ENV == production ]]; then host=0.0.0.0; fi
  export MAB_HOST=${MAB_HOST:-$host}
  export MAB_ASSIGNMENT_LISTEN=${MAB_ASSIGNMENT_LISTEN:-127.0.0.1:$((PORT + 10))}
  export MAB_ADMIN_LISTEN=${MAB_ADMIN_LISTEN:-127.0.0.1:$((PORT + 11))}
  export MAB_ASSIGNMENT_METRICS_LISTEN=${MAB_ASSIGNMENT_METRICS_LISTEN:-127.0.0.1:$((PORT + 20))}
  export MAB_ADMIN_METRICS_LISTEN=${MAB_ADMIN_METRICS_LISTEN:-127.0.0.1:$((PORT + 21))}
  export MAB_GATEWAY_METRICS_LISTEN=${MAB_GATEWAY_METRICS_LISTEN:-127.0.0.1:$((PORT + 22))}
  export MAB_ASSIGNMENT_ADDRESS=${MAB_ASSIGNMENT_ADDRESS:-$(reachable "$MAB_ASSIGNMENT_LISTEN")}
  export MAB_ADMIN_ADDRESS=${MAB_ADMIN_ADDRESS:-$(reachable "$MAB_ADMIN_LISTEN")}
  local scheme=http
  if [[ -n ${MAB_TLS_CERT_FILE-} ]]; then scheme=https; fi
  gateway_url=$scheme://$(reachable "$MAB_HOST:$PORT")
}

# An address to listen on, as a client on this machine reaches it.
reachable() {
  case $1 in
    0.0.0.0:* | '[::]:'* | :*) printf '127.0.0.1:%s' "${1##*:}" ;;
    *) printf '%s' "$1" ;;
  esac
}

# What the running system was started with, so that `status` or `demo` in another shell asks at the right place.
readonly remembered=(ENV PORT MAB_HOST MAB_ASSIGNMENT_LISTEN MAB_ADMIN_LISTEN MAB_ASSIGNMENT_METRICS_LISTEN
  MAB_ADMIN_METRICS_LISTEN MAB_GATEWAY_METRICS_LISTEN MAB_ASSIGNMENT_ADDRESS MAB_ADMIN_ADDRESS MAB_TLS_CERT_FILE)

remember_config() {
  local name
  for name in "${remembered[@]}"; do
    printf "%s='%s'\n" "$name" "${!name-}"
  done >"$run_dir/system.env.new"
  printf "own_database='%s'\n" "$own_database" >>"$run_dir/system.env.new"
  mv "$run_dir/system.env.new" "$run_dir/system.env"
}

recall_config() {
  [[ -f $run_dir/system.env ]] || return 0
  load_env_file "$run_dir/system.env" override
  processes=(assignment admin gateway)
  if [[ $own_database == yes ]]; then processes=(postgres "${processes[@]}"); fi
  set_addresses
}
