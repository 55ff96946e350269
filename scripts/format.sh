#!/usr/bin/env bash
# Formats everything, each language by its own formatter's configuration.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export PATH=$PWD/node_modules/.bin:$PATH

biome format --write .
find bpf native bench lab -path native/build -prune -o -name '*.[ch]' -print0 -o -name '*.cc' -print0 |
  xargs -0 clang-format --style=file -i
