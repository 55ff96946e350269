import type { Direction } from '../../core/flow.ts';
import type { WorkloadRef } from '../../core/identity.ts';
import { namespaceNameLabel, type Policy } from '../../core/kubernetes.ts';
import { PolicySet } from '../evaluate/evaluate.ts';
import type { PodPeer } from '../evaluate/query.ts';
import type { Roster } from '../evaluate/roster.ts';
import { type Selection, selectionOf } from '../evaluate/selection.ts';

/** How far a workload is isolated by what is applied. */
export interface WorkloadIsolation {
  readonly workload: WorkloadRef;
  /** Whether every pod of it is isolated for that direction. */
  readonly ingress: boolean;
  readonly egress: boolean;
  /** Why no policy can isolate it; null when one can. */
  readonly exempt: string | null;
  /** How many policies select any pod of it, those of the whole cluster too. */
  readonly policies: number;
}

export type IsolationState = 'isolated' | 'partial' | 'open' | 'exempt';

export function stateOf({ ingress, egress, exempt }: WorkloadIsolation): IsolationState {
  if (exempt !== null) return 'exempt';
  if (ingress && egress) return 'isolated';
  return ingress || egress ? 'partial' : 'open';
}

/** A pod that no policy can mean by its labels, its namespace or its address. */
const stranger: PodPeer = {
  type: 'pod',
  namespace: '',
  name: '',
  labels: {},
  namespaceLabels: { [namespaceNameLabel]: '' },
  addresses: [],
  ports: [],
  hostNetwork: false,
  nodeName: null,
};
/** One that rules hardly name by itself. */
const strangePort = 61_803;

/** Tells whether pods are isolated: by a NetworkPolicy that selects them, or by a tier that keeps strangers out. */
class Isolated {
  readonly #network: readonly Selection[];
  readonly #set: PolicySet;
  readonly #hasTiers: boolean;

  constructor(policies: readonly Policy[], selections: readonly Selection[]) {
    this.#network = selections.filter(({ policy }) => policy.kind === 'NetworkPolicy');
    this.#set = new PolicySet(policies);
    this.#hasTiers = this.#network.length < selections.length;
  }

  is(pod: PodPeer, direction: Direction): boolean {
    const selected = this.#network.some(({ directions, selects }) => directions.includes(direction) && selects(pod));
    return selected || (this.#hasTiers && this.#keepsOut(pod, direction));
  }

  #keepsOut(pod: PodPeer, direction: Direction): boolean {
    const ends = direction === 'ingress' ? { client: stranger, server: pod } : { client: pod, server: stranger };
    return this.#set.decide({ ...ends, protocol: 'TCP', port: strangePort })[direction].decision === 'denied';
  }
}

/**
 * The isolation of every workload, in the order of the roster. A workload on its nodes' network is exempt: NetworkPolicy
 * leaves to the network plugin what happens to it, and most let it be.
 *
 * @throws WeirError ADDRESS_INVALID for an ipBlock that holds no CIDR
 */
export function isolationBoard(roster: Roster, policies: readonly Policy[]): WorkloadIsolation[] {
  const selections = policies.map(selectionOf);
  const isolated = new Isolated(policies, selections);
  return roster.workloads
    .filter(({ pods, hasTemplate }) => pods.length > 0 || hasTemplate)
    .map(({ ref }) => {
      const pods = roster.podsOf(ref) ?? [];
      const exempt = pods.some(({ hostNetwork }) => hostNetwork) ? "its pods are on their node's network" : null;
      return {
        workload: ref,
        ingress: exempt === null && pods.every((pod) => isolated.is(pod, 'ingress')),
        egress: exempt === null && pods.every((pod) => isolated.is(pod, 'egress')),
        exempt,
        policies: selections.filter(({ selects }) => pods.some(selects)).length,
      };
    });
}
