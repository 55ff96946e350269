#!/usr/bin/env bash
# Writes what the images hold of npm packages, as CycloneDX: bash scripts/sbom.sh > weir.cdx.json. With --audit it asks
# the registry for known weaknesses instead, and fails for those of high severity and above.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

if [ "${1:-}" = --audit ]; then
  # Also of packages for development: the web app's are bundled into it.
  exec npm audit --audit-level=high
fi
# Peers of packages for tests may contradict those of the web app; that is no matter of what is delivered.
npm sbom --sbom-format cyclonedx --package-lock-only --legacy-peer-deps | node scripts/delivered.js
