#!/usr/bin/env bash
# Checks format and lint and runs every test; `bash scripts/check.sh policy cli` runs the tests of those rooms only.
# The last line counts assertions: N passed, N failed, N skipped.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
exec node dist/test/run/main.js "$@"
