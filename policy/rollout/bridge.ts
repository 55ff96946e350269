import { dequal } from 'dequal';
import type { NetworkPolicy, PolicyType } from '../../core/kubernetes.ts';
import type { Roster } from '../evaluate/roster.ts';
import { selectionOf } from '../evaluate/selection.ts';

/** A change of one NetworkPolicy that is still to be made; null for what is not there. */
export interface Pending {
  readonly before: NetworkPolicy | null;
  readonly after: NetworkPolicy | null;
}

function typesOf(policy: NetworkPolicy): PolicyType[] {
  const { directions } = selectionOf(policy);
  return directions.map((direction) => (direction === 'ingress' ? 'Ingress' : 'Egress'));
}

function distinct<T>(values: readonly T[]): T[] {
  const kept: T[] = [];
  for (const value of values) if (!kept.some((each) => dequal(each, value))) kept.push(value);
  return kept;
}

/**
 * A policy for the same pods that allows all that the pending ones allow them, before and after: while it is there, none
 * of them cuts what another one allows.
 *
 * @param of the version of a pending policy whose pods are meant
 */
export function bridgeFor(of: NetworkPolicy, pending: readonly Pending[], roster: Roster, name: string): NetworkPolicy {
  const own = selectionOf(of);
  const pods = roster.workloads.flatMap(({ ref }) => roster.podsOf(ref) ?? []).filter(own.selects);
  const versions = pending
    .flatMap(({ before, after }) => [before, after])
    .filter((each) => each !== null)
    .filter((each) => each === of || pods.some(selectionOf(each).selects));
  const types = typesOf(of);
  const ingress = distinct(versions.flatMap(({ spec }) => spec.ingress ?? []));
  const egress = distinct(
    versions.filter((each) => typesOf(each).includes('Egress')).flatMap(({ spec }) => spec.egress ?? []),
  );
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name, namespace: of.metadata.namespace, uid: '', labels: {}, annotations: {}, ownerReferences: [] },
    spec: {
      podSelector: of.spec.podSelector,
      policyTypes: types,
      ...(types.includes('Ingress') && { ingress }),
      ...(types.includes('Egress') && { egress }),
    },
  };
}
