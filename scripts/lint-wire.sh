#!/usr/bin/env bash
# Looks for faults in the wire. It may change freely until it was released once; from then on every change must suit the
# last release.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export PATH=$PWD/node_modules/.bin:$PATH

buf lint
released=$(git describe --tags --abbrev=0 --match 'v*' 2>/dev/null) || exit 0
buf breaking --against "$(git rev-parse --git-common-dir)#format=git,tag=$released"
