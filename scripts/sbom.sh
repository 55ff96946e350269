#!/usr/bin/env bash
# Writes what an image holds of npm packages, as CycloneDX: bash scripts/sbom.sh > weir.cdx.json. With --audit it asks
# the registry for known weaknesses instead, and fails for those of high severity and above.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

if [ "${1:-}" = --audit ]; then
  exec npm audit --omit=dev --audit-level=high
fi
# npm's own --omit dev leaves out packages that both need.
npm sbom --sbom-format cyclonedx --package-lock-only | node -e '
  const bom = JSON.parse(require("fs").readFileSync(0, "utf8"));
  const isDelivered = ({ properties }) => !properties.some(({ name }) => name === "cdx:npm:package:development");
  bom.components = bom.components.filter(isDelivered);
  const kept = new Set([bom.metadata.component, ...bom.components].map((each) => each["bom-ref"]));
  bom.dependencies = bom.dependencies
    .filter(({ ref }) => kept.has(ref))
    .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((each) => kept.has(each)) }));
  console.log(JSON.stringify(bom, null, 2));
'
