# shellcheck shell=bash
# `demo`: runs the demo program against the system of this checkout.

command_demo() {
  if [[ ! -x $bin_dir/mab-demo ]]; then
    fail "the demo is not built yet; ./mab up builds everything and starts the system."
  fi
  recall_config
  if [[ $ENV == development && -r $MAB_DATA_DIR/secrets.env ]]; then load_env_file "$MAB_DATA_DIR/secrets.env"; fi
  MAB_URL=${MAB_URL:-$gateway_url} exec "$bin_dir/mab-demo" "$@"
}
