# shellcheck shell=bash
# The private PostgreSQL: in $MAB_DATA_DIR/postgres, reached by a Unix socket alone, and by its owner alone. It never
# listens on a port.

postgres_bin() {
  local version
  version=$(cat "$MAB_DATA_DIR/postgres/PG_VERSION" 2>/dev/null || printf 15)
  printf '/usr/lib/postgresql/%s/bin' "$version"
}

# A socket's path has room for 107 bytes. A data directory that is deeper gets a folder in /tmp.
socket_dir() {
  local dir=$run_dir/postgres
  if ((${#dir} > 80)); then
    dir=/tmp/mab-$(printf '%s' "$MAB_DATA_DIR" | sha256sum | head -c 16)
  fi
  printf '%s' "$dir"
}

percent_encode() {
  local text=$1 i char
  for ((i = 0; i < ${#text}; i++)); do
    char=${text:i:1}
    case $char in
      [a-zA-Z0-9._~-]) printf '%s' "$char" ;;
      *) printf '%s' "$char" | od -An -v -tx1 | tr -d '\n' | tr ' ' '%' ;;
    esac
  done
}

# mab owns the schema; each service has a role that may do what it needs.
use_own_database() {
  local at
  at="/mab?host=$(percent_encode "$(socket_dir)")"
  export DATABASE_URL="postgresql://mab@$at" MAB_ADMIN_DATABASE_URL="postgresql://mab_admin@$at" \
    MAB_ASSIGNMENT_DATABASE_URL="postgresql://mab_assignment@$at"
}

postgres_answers() { "$(postgres_bin)/pg_isready" -q -h "$(socket_dir)"; }

# The cluster, made once: into a folder of another name first, so that one that was interrupted is not taken for good.
prepare_postgres() {
  local dir=$MAB_DATA_DIR/postgres
  [[ -x $(postgres_bin)/postgres ]] || fail "$(postgres_bin)/postgres is missing; ./mab install installs it."
  prepare_socket_dir
  if [[ ! -f $dir/PG_VERSION ]]; then
    step "Private PostgreSQL in $dir" "$log_dir/initdb.log" init_postgres "$dir"
  fi
  # At each start: a folder of an older version has other rules.
  write_access_rules "$dir"
}

# Who may be whom. Root may do everything anyway; as himself, he needs no detour to look into the database.
write_access_rules() {
  local dir=$1 user role
  user=$(id -un)
  if ((EUID == 0)); then user=$service_user; fi
  for role in mab mab_admin mab_assignment; do
    printf 'ours %s %s\nours root %s\n' "$user" "$role" "$role"
  done >"$dir/pg_ident.conf"
  printf 'local all all peer map=ours\n' >"$dir/pg_hba.conf"
}

# In /tmp its name can be guessed: whoever made it before us must not become our database.
# The folder may be in /tmp, where others could have made one of that name first.
prepare_socket_dir() {
  local dir owner
  dir=$(socket_dir)
  owner=$(id -un)
  if ((EUID == 0)); then owner=$service_user; fi
  if [[ ! -e $dir ]]; then
    mkdir -m 700 "$dir"
    own_by_service_user "$dir"
  fi
  if [[ -L $dir || ! -d $dir || $(stat -c %U "$dir") != "$owner" ]]; then
    fail "$dir does not belong to $owner; remove it, or set MAB_DATA_DIR to another folder."
  fi
}

remove_socket_dir() {
  local dir
  dir=$(socket_dir)
  if [[ $dir == /tmp/* ]]; then rm -rf "$dir"; fi
}

init_postgres() {
  local dir=$1
  rm -rf "$dir.new"
  mkdir -m 700 "$dir.new"
  own_by_service_user "$dir.new"
  cd "$MAB_DATA_DIR"
  (as_service_user "$(postgres_bin)/initdb" -D "$dir.new" -U mab --encoding=UTF8 --locale=C.UTF-8 --data-checksums \
    --auth-local=peer --auth-host=reject)
  mv "$dir.new" "$dir"
}

run_postgres() {
  as_service_user setsid "$(postgres_bin)/postgres" -D "$MAB_DATA_DIR/postgres" \
    -c listen_addresses='' -c unix_socket_directories="$(socket_dir)" -c unix_socket_permissions=0700 -c port=5432 \
    -c timezone=UTC -c log_timezone=UTC -c logging_collector=off -c log_destination=stderr
}

# PostgreSQL refuses to start while its postmaster.pid names a living process, even where that is another one by now.
# A real postmaster works in its data directory.
clear_stale_postmaster() {
  local dir=$MAB_DATA_DIR/postgres pid
  [[ -f $dir/postmaster.pid ]] || return 0
  pid=$(head -n 1 "$dir/postmaster.pid")
  if [[ ! /proc/$pid/cwd -ef $dir ]]; then rm -f "$dir/postmaster.pid"; fi
}

# Whether our PostgreSQL runs, even if nobody watches over it any more: a second one must not be started.
postgres_is_ours() { live_pid postgres.keeper >/dev/null || live_pid postgres >/dev/null; }

create_database() {
  local psql=("$(postgres_bin)/psql" -X -q -h "$(socket_dir)" -U mab -d postgres) role
  for role in mab_admin mab_assignment; do
    if [[ -z $("${psql[@]}" -At -c "SELECT 1 FROM pg_roles WHERE rolname = '$role'") ]]; then
      "${psql[@]}" -c "CREATE ROLE $role LOGIN"
    fi
  done
  if [[ -z $("${psql[@]}" -At -c "SELECT 1 FROM pg_database WHERE datname = 'mab'") ]]; then
    "${psql[@]}" -c 'CREATE DATABASE mab'
  fi
}
