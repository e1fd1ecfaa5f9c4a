# shellcheck shell=bash
# `status`: each process. Exit code 3 where one is not well.

command_status() {
  local form=table name pid health answer all_well=yes rows=()
  case ${1-} in
    '') ;;
    --json) form=json ;;
    *) fail "status takes --json and nothing else, not '$1'." ;;
  esac
  recall_config
  answer=$(fetch_health)
  for name in "${processes[@]}"; do
    pid=$(live_pid "$name" || true)
    health=$(health_of "$name" "$answer")
    if [[ $health != ok ]]; then all_well=no; fi
    rows+=("$name" "${pid:-}" "$(address_of "$name")" "$health")
  done
  if [[ $form == json ]]; then
    jq -n '[$ARGS.positional | _nwise(4) |
      {name: .[0], pid: (if .[1] == "" then null else (.[1] | tonumber) end), address: .[2], health: .[3]}]' \
      --args -- "${rows[@]}"
  else
    printf '%-12s %-8s %-28s %s\n' NAME PID ADDRESS HEALTH
    printf '%-12s %-8s %-28s %s\n' "${rows[@]}"
  fi
  if [[ $all_well == no ]]; then exit 3; fi
}
