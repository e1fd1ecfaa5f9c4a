# shellcheck shell=bash
# `down`: ends what `up` started, and nothing else.

command_down() {
  if (($# > 0)); then fail "down takes no options, not '$1'."; fi
  if [[ ! -d $run_dir ]]; then
    say "MAB is not running (no data in $MAB_DATA_DIR)."
    return
  fi
  lock_run_dir
  recall_config
  if [[ $(running_state) == none ]]; then
    say "MAB is not running."
    return
  fi
  say "Stopping"
  stop_all
  say "Stopped."
}
