# shellcheck shell=bash
# The release build: build/release/bin has everything that runs.

readonly bin_dir=$MAB_ROOT/build/release/bin

# The compiler cache knows files by their path in the checkout, so that every checkout of a machine shares it.
export CCACHE_BASEDIR=$MAB_ROOT CCACHE_NOHASHDIR=1

command_build() {
  ensure_go
  ensure_node
  build_release
}

build_release() {
  # The user's environment may ask go for version stamping, which fails in a checkout that another user owns.
  export GOFLAGS="${GOFLAGS-} -buildvcs=false"
  step "Generated code of the contract" "$build_log_dir/generate.log" bash "$MAB_ROOT/gateway/generate.sh"
  if [[ -f $MAB_ROOT/package.json ]]; then
    step "Dashboard" "$build_log_dir/dashboard.log" build_dashboard
  fi
  step "Gateway and tools" "$build_log_dir/gateway.log" build_go
  step "Services" "$build_log_dir/services.log" build_services
}

# The modules are installed again when the lock file is another than at the last time.
build_dashboard() {
  local stamp=$MAB_ROOT/node_modules/.mab-lock-sum now
  cd "$MAB_ROOT"
  now=$(sha256sum <package-lock.json)
  if [[ ! -f $stamp || $(<"$stamp") != "$now" ]]; then
    npm ci --ignore-scripts --prefer-offline --no-audit --no-fund
    printf '%s\n' "$now" >"$stamp"
  fi
  npm run build
}

build_go() {
  cd "$MAB_ROOT"
  mkdir -p "$bin_dir"
  CGO_ENABLED=0 go build -trimpath -o "$bin_dir/mab-gateway" ./gateway
  CGO_ENABLED=0 go build -trimpath -o "$bin_dir/mab-demo" ./demo
  # A tool for people, of the version that go.mod pins.
  CGO_ENABLED=0 go build -trimpath -o "$bin_dir/grpcurl" github.com/fullstorydev/grpcurl/cmd/grpcurl
}

build_services() {
  cd "$MAB_ROOT"
  cmake --preset release
  ninja -C build/release -j "$(build_jobs)" bin/mab-assignment bin/mab-admin bin/mab-simulate bin/assign_client
}

# One compiler per core, but no more than memory allows: a file that includes gRPC takes up to 1.2 GB.
build_jobs() {
  local cores memory_mb jobs
  cores=$(nproc)
  memory_mb=$(awk '/^MemAvailable/ {print int($2 / 1024)}' /proc/meminfo)
  jobs=$((memory_mb / 1200))
  if ((jobs > cores)); then jobs=$cores; fi
  if ((jobs < 1)); then jobs=1; fi
  printf '%s' "$jobs"
}

# What runs is a copy in the data directory: a build does not change a running system under its supervisor, and the
# services' user needs no right to read the checkout.
stage_release() {
  (
    umask 022
    copy_release
  )
}

copy_release() {
  local name
  for name in mab-assignment mab-admin mab-gateway; do
    [[ -x $bin_dir/$name ]] || fail "$bin_dir/$name is missing; ./mab build makes it."
  done
  mkdir -p "$MAB_DATA_DIR/bin"
  for name in mab-assignment mab-admin mab-gateway; do
    cp --reflink=auto "$bin_dir/$name" "$MAB_DATA_DIR/bin/$name.new"
    mv "$MAB_DATA_DIR/bin/$name.new" "$MAB_DATA_DIR/bin/$name"
  done
  rm -rf "$MAB_DATA_DIR/migrations.new"
  cp -r "$MAB_ROOT/migrations" "$MAB_DATA_DIR/migrations.new"
  rm -rf "$MAB_DATA_DIR/migrations"
  mv "$MAB_DATA_DIR/migrations.new" "$MAB_DATA_DIR/migrations"
}
