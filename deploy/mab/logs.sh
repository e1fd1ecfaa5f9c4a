# shellcheck shell=bash
# `logs [NAME] [-f]`: the last lines of one log or of all.

command_logs() {
  local follow=() files=() argument
  for argument in "$@"; do
    case $argument in
      -f | --follow) follow=(-F) ;;
      postgres | assignment | admin | gateway | supervisor) files+=("$log_dir/$argument.log") ;;
      *) fail "there is no log '$argument': there are postgres, assignment, admin, gateway and supervisor." ;;
    esac
  done
  if ((${#files[@]} == 0)); then
    files=("$log_dir"/{postgres,assignment,admin,gateway,supervisor}.log)
  fi
  if ((${#follow[@]} == 0)); then
    local existing=()
    for argument in "${files[@]}"; do
      if [[ -f $argument ]]; then existing+=("$argument"); fi
    done
    if ((${#existing[@]} == 0)); then fail "there are no logs in $log_dir yet."; fi
    files=("${existing[@]}")
  fi
  exec tail -n 100 "${follow[@]}" "${files[@]}"
}
