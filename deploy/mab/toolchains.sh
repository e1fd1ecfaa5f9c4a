# shellcheck shell=bash
# A Go and a Node.js that are new enough. Debian 12's are older than go.mod and package.json ask for; newer ones come by
# the package clients that Debian has, as they are configured: Go from the module proxy, checked against the checksum
# database; Node.js as an npm package. They are kept in the user's cache, shared by all checkouts.

readonly go_version=1.26.8 node_version=22.23.3
readonly tool_cache=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/mab

# version_at_least HAVE NEED
version_at_least() {
  [[ $(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1) == "$2" ]]
}

# The version of the go on PATH as this module gets it (a newer go switches toolchains by itself); nothing where it
# is too old to read go.mod.
go_version_here() {
  (cd "$MAB_ROOT" && go version 2>/dev/null) | sed -nE 's/^go version go([0-9.]+).*/\1/p'
}

go_is_good() {
  local need have
  command -v go >/dev/null || return 1
  need=$(sed -nE 's/^go ([0-9.]+)$/\1/p' "$MAB_ROOT/go.mod")
  have=$(go_version_here)
  [[ -n $have ]] && version_at_least "$have" "$need"
}

# Puts a good go first on PATH.
ensure_go() {
  local home=$tool_cache/go-$go_version
  if [[ -x $home/bin/go ]]; then PATH=$home/bin:$PATH; fi
  if go_is_good; then return; fi
  if [[ -x /usr/local/go/bin/go ]]; then
    PATH=/usr/local/go/bin:$PATH
    if go_is_good; then return; fi
  fi
  say "Go $go_version: builds the gateway (go.mod needs it; Debian's own is older and fetches it)."
  if ! command -v go >/dev/null; then apt_install golang-go; fi
  step "Go $go_version" "$build_log_dir/go-toolchain.log" fetch_go "$home"
  PATH=$home/bin:$PATH
  go_is_good || fail "the Go that was fetched into $home does not work; remove it and run ./mab install again."
}

# Go's releases are modules of the module proxy, golang.org/toolchain. A module has no executable bits.
fetch_go() {
  local home=$1 arch module dir
  arch=$(dpkg --print-architecture)
  module=golang.org/toolchain@v0.0.1-go$go_version.linux-$arch
  mkdir -p "$tool_cache"
  cd "$tool_cache"
  GOTOOLCHAIN=local GOFLAGS='' go mod download "$module"
  dir=$(GOTOOLCHAIN=local go env GOMODCACHE)/$module
  rm -rf "$home.new"
  cp -r "$dir" "$home.new"
  chmod -R u+w "$home.new"
  chmod +x "$home.new"/bin/* "$home.new"/pkg/tool/*/*
  rm -rf "$home"
  mv "$home.new" "$home"
}

node_is_good() {
  local need
  command -v node >/dev/null && command -v npm >/dev/null || return 1
  need=$(jq -r '.engines.node // ">=18"' "$MAB_ROOT/package.json" | grep -oE '[0-9.]+' | head -n 1)
  version_at_least "$(node --version | tr -d v)" "$need"
}

# Puts a good node first on PATH. Only the dashboard's build needs it.
ensure_node() {
  local home=$tool_cache/node-$node_version
  if [[ ! -f $MAB_ROOT/package.json ]]; then return; fi
  if [[ -x $home/bin/node ]]; then PATH=$home/bin:$PATH; fi
  if node_is_good; then return; fi
  if ! command -v npm >/dev/null; then
    say "Node.js and npm: build the dashboard."
    apt_install nodejs npm
    if node_is_good; then return; fi
  fi
  say "Node.js $node_version: builds the dashboard (package.json needs it; Debian's own is older and fetches it)."
  step "Node.js $node_version" "$build_log_dir/node.log" fetch_node "$home"
  PATH=$home/bin:$PATH
  node_is_good || fail "the Node.js that was fetched into $home does not work; remove it and run ./mab install again."
}

fetch_node() {
  local home=$1 arch
  case $(dpkg --print-architecture) in
    amd64) arch=x64 ;;
    *) arch=$(dpkg --print-architecture) ;;
  esac
  rm -rf "$home.new"
  mkdir -p "$home.new"
  npm install --prefix "$home.new" --no-audit --no-fund "node-linux-$arch@$node_version"
  ln -s "node_modules/node-linux-$arch/bin" "$home.new/bin"
  rm -rf "$home"
  mv "$home.new" "$home"
}
