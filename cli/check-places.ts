import { parseManifests } from '../core/manifest.ts';
import type { PolicyPath } from '../policy/evaluate/place.ts';
import type * as wire from '../proto/wire.ts';
import type { SourceLine } from './policy-sources.ts';

/** Finds where in the files that were given a policy, or a rule of it, is written; null for what is in none of them. */
export function placesIn(manifests: readonly wire.Manifest[]): (rule: wire.RuleRef | null) => SourceLine | null {
  const byKey = new Map<string, { readonly source: string; readonly lineOf: (path: PolicyPath) => number }>();
  for (const { source, text } of manifests) {
    for (const { object, lineOf } of parseManifests(text, source, true).objects) {
      const { namespace, name } = object.metadata;
      if (lineOf !== null) byKey.set(`${object.kind}/${namespace}/${name}`, { source, lineOf });
    }
  }
  return (rule) => {
    if (rule === null) return null;
    const found = byKey.get(`${rule.kind}/${rule.namespace}/${rule.name}`);
    if (found === undefined) return null;
    const path = rule.direction === '' ? [] : ['spec', rule.direction, rule.index];
    return { source: found.source, line: found.lineOf(path) };
  };
}
