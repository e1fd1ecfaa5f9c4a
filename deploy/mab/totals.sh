# shellcheck shell=bash
# `totals`: whether the totals are those of the rows, in the database of this checkout. Of a system that is down, the
# private PostgreSQL is started for it. Exit status 0: they are, 1: there are differences, 2: it could not be found out.

command_totals() {
  local code=0
  fail_status=2
  if (($# > 1)) || [[ ${1---repair} != --repair ]]; then fail "totals takes --repair and nothing else, not '$*'."; fi
  [[ -d $run_dir ]] || fail "there is no data in $MAB_DATA_DIR yet; ./mab up makes it."
  if [[ -z ${DATABASE_URL-} ]]; then recall_config; fi
  if [[ $own_database == no && -z ${DATABASE_URL-} ]]; then
    fail "the system was started with a DATABASE_URL that is not set here; set it, for it names the database to check."
  fi
  if [[ $own_database == yes ]]; then
    if postgres_is_ours; then use_own_database; else start_database_for_totals; fi
  fi
  run_totals "$@" || code=$?
  return "$code"
}

start_database_for_totals() {
  [[ -f $MAB_DATA_DIR/postgres/PG_VERSION ]] || fail "there is no database in $MAB_DATA_DIR yet; ./mab up makes it."
  lock_run_dir
  trap 'stop postgres >&2' EXIT
  start_database >&2
}

# The copy that runs, for it is of the database's version.
run_totals() {
  local admin=$MAB_DATA_DIR/bin/mab-admin
  [[ -x $admin ]] || fail "$admin is missing; ./mab up makes it."
  cd "$MAB_DATA_DIR" || fail "$MAB_DATA_DIR cannot be entered."
  (as_service_user "$admin" totals "$@")
}
