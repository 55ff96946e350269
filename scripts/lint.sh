#!/usr/bin/env bash
# Looks for faults without running anything: TypeScript, the wire, and whether the C and C++ are formatted.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export PATH=$PWD/node_modules/.bin:$PATH

# The wire may change freely until it was released once; from then on every change must suit the last release.
lint_wire() {
  buf lint || return
  local released
  released=$(git describe --tags --abbrev=0 --match 'v*' 2>/dev/null) || return 0
  buf breaking --against ".git#tag=$released"
}

c_sources() {
  find bpf native bench lab -path native/build -prune -o -name '*.[ch]' -print0 -o -name '*.cc' -print0
}

status=0
oxlint --type-aware || status=1
lint_wire || status=1
c_sources | xargs -0 clang-format --style=file --dry-run -Werror || status=1
exit "$status"
