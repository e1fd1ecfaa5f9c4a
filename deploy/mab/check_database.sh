# shellcheck shell=bash
# What reads the database of this checkout whether the system runs or not.

# check_database COMMAND [ARGUMENT]: the admin service's command, with its exit status. Of a system that is down, the
# private PostgreSQL is started for it.
check_database() {
  local code=0
  [[ -d $run_dir ]] || fail "there is no data in $MAB_DATA_DIR yet; ./mab up makes it."
  if [[ -z ${DATABASE_URL-} ]]; then recall_config; fi
  if [[ $own_database == no && -z ${DATABASE_URL-} ]]; then
    fail "the system was started with a DATABASE_URL that is not set here; set it, for it names the database to check."
  fi
  if [[ $own_database == yes ]]; then
    if postgres_is_ours; then use_own_database; else start_database_for_check; fi
  fi
  run_check "$@" || code=$?
  return "$code"
}

start_database_for_check() {
  [[ -f $MAB_DATA_DIR/postgres/PG_VERSION ]] || fail "there is no database in $MAB_DATA_DIR yet; ./mab up makes it."
  lock_run_dir
  trap 'stop postgres >&2' EXIT
  start_database >&2
}

# The copy that runs, for it is of the database's version.
run_check() {
  local admin=$MAB_DATA_DIR/bin/mab-admin
  [[ -x $admin ]] || fail "$admin is missing; ./mab up makes it."
  cd "$MAB_DATA_DIR" || fail "$MAB_DATA_DIR cannot be entered."
  (as_service_user "$admin" "$@")
}
