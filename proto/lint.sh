#!/usr/bin/env bash
# Checks the contract: its style (buf lint), and that it breaks no client of what came before (buf breaking). What came
# before is the newest release tag, or without one the parent commit. A shallow clone of one commit has neither: then
# only the style is checked. buf comes from `npm ci`; nothing here needs the network.
#
# A break that is meant: MAB_PROTO_BREAKING=allow
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

buf() { node_modules/.bin/buf "$@"; }

# The commit to compare with; nothing where there is none.
baseline() {
  git describe --tags --abbrev=0 --match 'v[0-9]*' 2>/dev/null || git rev-parse --verify --quiet 'HEAD~1^{commit}' || true
}

check_breaking() {
  local before=$1 contract
  contract=$(mktemp -d)
  # shellcheck disable=SC2064 # the directory of now
  trap "rm -rf '$contract'" EXIT
  git archive "$before" -- proto third_party/googleapis | tar -x -C "$contract"
  cp buf.yaml "$contract"
  buf breaking --against "$contract"
  echo "The contract breaks no client of $before."
}

buf lint
echo "The contract's style is right."
before=$(baseline)
if [[ ${MAB_PROTO_BREAKING:-} == allow ]]; then
  echo "MAB_PROTO_BREAKING=allow: not compared with what came before."
elif [[ -z $before ]]; then
  echo "No earlier commit is here: not compared with what came before."
else
  check_breaking "$before"
fi
