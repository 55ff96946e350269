#!/usr/bin/env bash
# Makes this machine and this checkout ready: checks, Debian packages, npm packages, build. Prints nothing when there is
# nothing to do, and may be run again at any time, also by several at once.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# What to run again after the cure, for the messages.
again="npm run ${npm_lifecycle_event:-setup}"

source scripts/progress.sh
source scripts/setup/checks.sh
source scripts/setup/packages.sh
source scripts/setup/npm-archive.sh
source scripts/setup/kube-tools.sh
source scripts/images/base.sh
source scripts/images/addon.sh

progress_name=setup
progress_log=$PWD/.stamps/setup.log

# What node_modules was made from: the lock file, and the Node.js that its native addons were compiled for.
npm_state() {
  { cat package-lock.json && node --version; } | sha256sum
}

set_up_npm() {
  local stamp=node_modules/.weir-stamp state
  state=$(npm_state)
  [ "$(cat "$stamp" 2>/dev/null)" != "$state" ] || return 0
  step 'installing npm packages' npm ci --no-audit --no-fund
  printf '%s\n' "$state" >"$stamp"
}

check_machine
mkdir -p .stamps
take_lock .stamps/setup.lock 'another set-up to finish'
set_up_packages
set_up_npm
set_up_kube_tools
set_up_images
bash scripts/build.sh
