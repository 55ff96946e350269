import { WeirError } from '../../core/errors.ts';
import type { Policy } from '../../core/kubernetes.ts';
import { type ManifestProblem, parseManifests, snapshotOf } from '../../core/manifest.ts';
import type { PolicyPath } from '../../policy/evaluate/place.ts';
import type { LineSpan } from '../../policy/print/yaml-lines.ts';
import type * as wire from '../../proto/wire.ts';
import { policiesOf } from './parts.ts';

/** Policies that a request brings, and what could not be read of it. */
export interface Candidates {
  readonly policies: readonly Policy[];
  readonly problems: readonly ManifestProblem[];
  /** Where in its file a value of a policy is written; null for a policy that is none of these. */
  readonly linesOf: (policy: Policy, path: PolicyPath) => LineSpan | null;
}

export const noCandidates: Candidates = { policies: [], problems: [], linesOf: () => null };

/** @throws WeirError MANIFEST_INVALID when there is no policy to check and nothing that says why */
export function readCandidates(manifests: readonly wire.Manifest[]): Candidates {
  const read = manifests.map(({ source, text }) => parseManifests(text, source, true));
  const objects = read.flatMap((each) => each.objects);
  const policies = policiesOf(snapshotOf(objects.map(({ object }) => object)));
  const problems = read.flatMap((each) => each.problems);
  if (policies.length === 0 && problems.length === 0) {
    const where = manifests.map(({ source }) => source).join(', ') || 'the request';
    throw new WeirError(
      'MANIFEST_INVALID',
      `${where} holds no NetworkPolicy of networking.k8s.io and none of policy.networking.k8s.io; name a file that does`,
    );
  }
  const byObject = new Map<unknown, (typeof objects)[number]>(objects.map((each) => [each.object, each]));
  const linesOf = (policy: Policy, path: PolicyPath): LineSpan | null => {
    const { lineOf, lastLineOf } = byObject.get(policy) ?? {};
    return lineOf && lastLineOf ? { first: lineOf(path), last: lastLineOf(path) } : null;
  };
  return { policies, problems, linesOf };
}
