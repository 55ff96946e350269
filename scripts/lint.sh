#!/usr/bin/env bash
# Looks for faults without running anything: TypeScript, the wire, and whether the C and C++ are formatted.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export PATH=$PWD/node_modules/.bin:$PATH

c_sources() {
  find bpf native bench lab -path native/build -prune -o -name '*.[ch]' -print0 -o -name '*.cc' -print0
}

status=0
oxlint --type-aware || status=1
bash scripts/lint-wire.sh || status=1
c_sources | xargs -0 clang-format --style=file --dry-run -Werror || status=1
exit "$status"
