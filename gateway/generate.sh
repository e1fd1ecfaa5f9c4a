#!/usr/bin/env bash
# Generates from proto/: the Go code of the contract (gen/go/mab/v1) and the OpenAPI document that /docs shows
# (gateway/static/dist/docs/openapi.json). The plugins' versions are pinned in go.mod. Does nothing when no input
# changed since the last run.
#
# Needs: go, protoc (protobuf-compiler) and the well-known types (libprotobuf-dev).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly tools="$PWD/build/tools"
readonly docs=gateway/static/dist/docs
readonly stamp="$tools/generate.stamp"
readonly plugins=(protoc-gen-go protoc-gen-go-grpc protoc-gen-grpc-gateway protoc-gen-openapiv2)
readonly outputs=(gen/go/mab/v1/assignment_service.pb.gw.go "$docs/openapi.json")

fingerprint() {
  {
    go version
    protoc --version
    find proto third_party/googleapis -name '*.proto' -print0 | sort -z | xargs -0 sha256sum
    sha256sum go.mod go.sum gateway/generate.sh gateway/openapi/*
  } | sha256sum
}

up_to_date() {
  local output
  for output in "${outputs[@]}"; do
    [[ -s $output ]] || return 1
  done
  [[ -f $stamp && $(<"$stamp") == "$1" ]]
}

build_plugins() {
  local plugin
  for plugin in "${plugins[@]}"; do
    CGO_ENABLED=0 go build -trimpath -o "$tools/$plugin" "$(go list -f '{{.ImportPath}}' tool | grep "/$plugin\$")"
  done
}

# What is there is replaced at the end, at once: others may be building on it.
generate() {
  local protos=(proto/mab/v1/*.proto) services=(proto/mab/v1/*_service.proto)
  local includes=(-Iproto -Ithird_party/googleapis)
  local new="$tools/generated"
  rm -rf "$new"
  mkdir -p "$new" "$docs" gen
  PATH="$tools:$PATH" protoc "${includes[@]}" \
    --go_out="$new" --go_opt=module=mab \
    --go-grpc_out="$new" --go-grpc_opt=module=mab \
    --grpc-gateway_out="$new" --grpc-gateway_opt=module=mab \
    "${protos[@]}"
  PATH="$tools:$PATH" protoc "${includes[@]}" \
    --openapiv2_out="$new" \
    --openapiv2_opt=allow_merge=true,merge_file_name=openapi \
    --openapiv2_opt=json_names_for_fields=false,openapi_naming_strategy=simple,simple_operation_ids=true \
    --openapiv2_opt=disable_default_errors=true,omit_enum_default_value=true,preserve_rpc_order=true \
    "${services[@]}"
  go run ./gateway/openapi < "$new/openapi.swagger.json" > "$new/openapi.json"
  rm -rf gen/go
  mv "$new/gen/go" gen/go
  mv "$new/openapi.json" "$docs/openapi.json"
}

main() {
  local inputs
  mkdir -p "$tools"
  exec 9> "$tools/generate.lock"
  flock 9
  inputs=$(fingerprint)
  if up_to_date "$inputs"; then
    return
  fi
  build_plugins
  generate
  printf '%s\n' "$inputs" > "$stamp"
}

main
