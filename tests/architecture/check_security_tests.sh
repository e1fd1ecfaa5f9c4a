#!/usr/bin/env bash
# Checks that each test which deploy/SECURITY.md names is there: `TestSomething` (Go), `Suite.Something` (C++), or a
# file of the tree in backticks.
#
#   check_security_tests.sh [root of the project]
#
# Prints a line for each that is missing; fails where there is one.
set -euo pipefail

root="${1:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}"
cd "$root"

missing=0
named=0

miss() {
  echo "deploy/SECURITY.md names $1, which is not there"
  missing=$((missing + 1))
}

while read -r name; do
  named=$((named + 1))
  case "$name" in
    Test*) grep -rqE --include='*_test.go' "^func $name\(" gateway tests demo examples || miss "$name" ;;
    */*) [[ -e "$name" ]] || miss "$name" ;;
    *) grep -rqE --include='*_test.cc' "^TEST(_F|_P)?\(${name%.*}, ${name#*.}\)" services || miss "$name" ;;
  esac
done < <(grep -oE '`(Test[A-Z][A-Za-z0-9]+|[A-Z][A-Za-z0-9]+Test\.[A-Z][A-Za-z0-9]+|[a-z_]+/[A-Za-z0-9_./-]+)`' deploy/SECURITY.md | tr -d '`' | LC_ALL=C sort -u)

if ((named == 0)); then
  echo 'deploy/SECURITY.md names no test'
  exit 1
fi
((missing == 0))
