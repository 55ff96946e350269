import { entityLabel, type WorkloadRef, workloadKey } from '../../core/identity.ts';
import type { Labels } from '../../core/kubernetes.ts';
import { type NamedPeer, type Surroundings, unnameable, usesHostNetwork } from './surroundings.ts';
import type { WorkloadSelector } from './workload-selector.ts';

/** How a policy names a namespace: null for its own. */
interface NamedNamespace {
  readonly labels: Labels | null;
  readonly alsoSelects: readonly string[];
}

function namespaceOf(name: string, own: string, { namespaces }: Surroundings): NamedNamespace | null {
  return name === own ? { labels: null, alsoSelects: [] } : namespaces.of(name);
}

const unusableNamespace = { reason: 'the settings let no label of its namespace be used in selectors' };

/** Every pod of a namespace, as a policy in namespace `own` names it. */
export function namespacePeer(
  name: string,
  own: string,
  surroundings: Surroundings,
): NamedPeer | { readonly reason: string } {
  const namespace = namespaceOf(name, own, surroundings);
  if (namespace === null) return unusableNamespace;
  const { selectors } = surroundings;
  const others = namespace.alsoSelects.flatMap((each) => selectors.inNamespace(each));
  const inside = selectors.inNamespace(name);
  return {
    peer: { type: 'pods', namespace: namespace.labels, labels: {} },
    peerLabel: `namespace ${name}`,
    catches: others.length === 0 ? inside : [...inside, ...others],
  };
}

/** The pods of a workload, as a policy in namespace `own` names them: of equal peers there is one object. */
export function workloadPeer(
  ref: WorkloadRef,
  own: string,
  surroundings: Surroundings,
): NamedPeer | { readonly reason: string } {
  const { peers } = surroundings;
  const key = `${ref.namespace === own ? 'own' : 'other'} ${workloadKey(ref)}`;
  let named = peers.get(key);
  if (named === undefined) {
    named = namedWorkload(ref, own, surroundings);
    peers.set(key, named);
  }
  return named;
}

function namedWorkload(
  ref: WorkloadRef,
  own: string,
  surroundings: Surroundings,
): NamedPeer | { readonly reason: string } {
  const reason = unnameable(ref, surroundings);
  if (reason !== null) return { reason: `the other end ${reason}` };
  const namespace = namespaceOf(ref.namespace, own, surroundings);
  if (namespace === null) return unusableNamespace;
  const { selectors } = surroundings;
  const { labels, alsoSelects } = selectors.of(ref) as WorkloadSelector;
  const elsewhere = namespace.alsoSelects.flatMap((each) => selectors.matching(each, labels));
  return {
    peer: { type: 'pods', namespace: namespace.labels, labels },
    peerLabel: entityLabel({ type: 'workload', ...ref }),
    catches: elsewhere.length === 0 ? alsoSelects : [...alsoSelects, ...elsewhere],
  };
}

/** Every pod of a workload's namespace, provided that the workload itself can be meant by that. */
export function namespaceOfWorkload(
  ref: WorkloadRef,
  own: string,
  surroundings: Surroundings,
): NamedPeer | { readonly reason: string } {
  const workload = surroundings.workloads.get(workloadKey(ref));
  if (workload === undefined) return { reason: 'the other end is no longer in the cluster' };
  if (usesHostNetwork(workload)) return { reason: "the other end is on its node's network: selectors do not name it" };
  return namespacePeer(ref.namespace, own, surroundings);
}
