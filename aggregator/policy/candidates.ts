import { WeirError } from '../../core/errors.ts';
import type { Policy } from '../../core/kubernetes.ts';
import { type ManifestProblem, parseManifests, snapshotOf } from '../../core/manifest.ts';
import type * as wire from '../../proto/wire.ts';
import { policiesOf } from './parts.ts';

/** Policies that a request brings, and what could not be read of it. */
export interface Candidates {
  readonly policies: readonly Policy[];
  readonly problems: readonly ManifestProblem[];
}

/** @throws WeirError MANIFEST_INVALID when there is no policy to check and nothing that says why */
export function readCandidates(manifests: readonly wire.Manifest[]): Candidates {
  const read = manifests.map(({ source, text }) => parseManifests(text, source));
  const policies = policiesOf(snapshotOf(read.flatMap(({ objects }) => objects.map(({ object }) => object))));
  const problems = read.flatMap((each) => each.problems);
  if (policies.length === 0 && problems.length === 0) {
    const where = manifests.map(({ source }) => source).join(', ') || 'the request';
    throw new WeirError(
      'MANIFEST_INVALID',
      `${where} holds no NetworkPolicy of networking.k8s.io and none of policy.networking.k8s.io; name a file that does`,
    );
  }
  return { policies, problems };
}

/** What is in force when the candidates are applied: of two policies of one kind, namespace and name the candidate stands. */
export function overlay(applied: readonly Policy[], candidates: readonly Policy[]): Policy[] {
  const byName = new Map(
    [...applied, ...candidates].map((policy) => [
      `${policy.kind}/${policy.metadata.namespace}/${policy.metadata.name}`,
      policy,
    ]),
  );
  return [...byName.values()];
}
