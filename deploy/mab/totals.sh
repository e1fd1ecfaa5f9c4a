# shellcheck shell=bash
# `totals`: whether the totals are those of the rows, in the database of this checkout. Exit status 0: they are, 1: there
# are differences, 2: it could not be found out.

command_totals() {
  fail_status=2
  if (($# > 1)) || [[ ${1---repair} != --repair ]]; then fail "totals takes --repair and nothing else, not '$*'."; fi
  check_database totals "$@"
}
