# shellcheck shell=bash
# `replay`: whether the draw of every assignment can be made again, in the database of this checkout. Exit status 0: all
# agree, 1: some do not, 2: it could not be found out.

command_replay() {
  fail_status=2
  if (($# > 1)) || [[ ${1-} == -* ]]; then fail "replay takes one experiment, its key or id, or none for all, not '$*'."; fi
  if (($# == 1)) && [[ -z $1 ]]; then fail "replay takes an experiment's key or id, not an empty one; without it, all are replayed."; fi
  check_database replay "$@"
}
