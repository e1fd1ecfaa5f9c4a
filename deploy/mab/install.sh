# shellcheck shell=bash
# Installs what is missing on a Debian 12: packages, Go, Node.js, the user that the services run as. What is there is
# left alone.

readonly build_log_dir=$MAB_ROOT/build/log

command_install() {
  install_packages "$MAB_ROOT/deploy/mab/debian-packages.txt"
  ensure_service_user
  ensure_go
  ensure_node
}

is_installed() {
  [[ $(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

# install_packages FILE: the packages of FILE that are missing, each group with its reason.
install_packages() {
  local file=$1 line reason="" missing=() announced=()
  command -v dpkg-query >/dev/null || fail "this machine has no dpkg: MAB is built on Debian 12, or in a container of it."
  while IFS= read -r line; do
    case $line in
      '#'*) reason=${line#\# } ;;
      '') ;;
      *)
        if ! is_installed "$line"; then
          missing+=("$line")
          announced+=("  $line: $reason")
        fi
        ;;
    esac
  done <"$file"
  if ((${#missing[@]} == 0)); then return; fi
  say "Debian packages that are missing:"
  printf '%s\n' "${announced[@]}"
  apt_install "${missing[@]}"
}

# as_root COMMAND...: directly, or with sudo.
as_root() {
  if ((EUID == 0)); then
    "$@"
  else
    sudo -n "$@"
  fi
}

apt_install() {
  if ((EUID != 0)); then
    if ! command -v sudo >/dev/null || ! sudo -v 2>/dev/null; then
      fail "these Debian packages are missing, and installing them takes root: run 'apt-get install $*' as root, then this again."
    fi
  fi
  step "apt-get update" "$build_log_dir/apt-update.log" as_root apt-get update
  step "apt-get install" "$build_log_dir/apt-install.log" apt_install_quietly "$@"
}

# Programs only: no daemon of a package is started (policy-rc.d), and a fresh PostgreSQL package makes no cluster of its
# own. What runs already, or comes from before, is not touched. Runs in a subshell of its own (step).
apt_install_quietly() {
  local drop_in=/etc/postgresql-common/createcluster.d/mab-installs.conf policy=/usr/sbin/policy-rc.d
  if [[ -e $policy ]]; then policy=; fi
  # shellcheck disable=SC2064 # the names of now
  trap "as_root rm -f '$drop_in' $policy" EXIT
  as_root mkdir -p "${drop_in%/*}"
  as_root sh -c "echo 'create_main_cluster = false' >'$drop_in'"
  if [[ -n $policy ]]; then as_root sh -c "printf '#!/bin/sh\nexit 101\n' >'$policy'; chmod +x '$policy'"; fi
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@"
}

# Whom the processes run as where we are root: PostgreSQL refuses root, and the services need none of its rights.
ensure_service_user() {
  if ((EUID != 0)) || id -u "$service_user" >/dev/null 2>&1; then return; fi
  say "A system user '$service_user': what runs is not to run as root."
  useradd --system --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin "$service_user"
}
