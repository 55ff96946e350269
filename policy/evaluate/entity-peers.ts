import { type Entity, type WorkloadRef, workloadKey } from '../../core/identity.ts';
import { isHidden } from '../../core/sight.ts';
import type { Peer, PodPeer } from './query.ts';
import type { Roster } from './roster.ts';

/** The pods of a workload that policies can tell apart. */
interface Distinct {
  /** Regardless of the node that they run on. */
  readonly anywhere: readonly PodPeer[];
  /** One for each node as well: for traffic with nodes, which passes on a pod's own. */
  readonly perNode: readonly PodPeer[];
}

function distinctBy(pods: readonly PodPeer[], classOf: (pod: PodPeer) => string): PodPeer[] {
  const classes = new Map<string, PodPeer>();
  for (const pod of pods) {
    const key = classOf(pod);
    if (!classes.has(key)) classes.set(key, pod);
  }
  return [...classes.values()];
}

/** Finds the peers that stand for the ends of workload edges; made once for a set of policies. */
export class EntityPeers {
  readonly #roster: Roster;
  readonly #classOf: (pod: PodPeer) => number;
  readonly #distinct = new Map<string, Distinct | null>();
  /** The same by object: many edges share their ends, and a key takes longer to make than to find. */
  readonly #byObject = new WeakMap<WorkloadRef, Distinct | null>();
  readonly #others = new Map<string, Peer>();

  /** @param classOf equal for pods that no policy tells apart, whichever node they are on */
  constructor(roster: Roster, classOf: (pod: PodPeer) => number) {
    this.#roster = roster;
    this.#classOf = classOf;
  }

  /**
   * One peer for each class of pods that policies can tell apart; for a workload at rest, the pod that its template
   * would make. Never empty.
   *
   * @param perNode whether pods on different nodes must be told apart
   */
  of(entity: Entity, perNode: boolean): readonly Peer[] {
    switch (entity.type) {
      case 'workload': {
        const distinct = this.#pods(entity);
        if (distinct === null) return [this.#once(`gone ${workloadKey(entity)}`, () => ({ ...entity, type: 'gone' }))];
        return perNode ? distinct.perNode : distinct.anywhere;
      }
      case 'external':
      case 'unresolved':
        if (isHidden(entity)) return [this.#once('hidden', () => this.#hidden())];
        return [this.#once(`address ${entity.address}`, () => ({ type: 'address', address: entity.address }))];
      case 'node':
        return [this.#once(`node ${entity.name}`, () => entity)];
      case 'service':
        return [this.#once(`service ${entity.namespace}/${entity.name}`, () => entity)];
    }
  }

  usesHostNetwork(entity: Entity): boolean {
    return entity.type === 'workload' && (this.#pods(entity)?.anywhere.some((pod) => pod.hostNetwork) ?? false);
  }

  /** What may be seen is what the roster knows. */
  #hidden(): Peer {
    const { workloads, cluster } = this.#roster;
    const named = cluster.namespaces.map(({ metadata }) => metadata.name);
    return { type: 'hidden', besides: new Set([...named, ...workloads.map(({ ref }) => ref.namespace)]) };
  }

  #once(key: string, make: () => Peer): Peer {
    let peer = this.#others.get(key);
    if (peer === undefined) {
      peer = make();
      this.#others.set(key, peer);
    }
    return peer;
  }

  /** Null where the workload is not in the snapshot, or nothing of it tells its labels. */
  #pods(ref: WorkloadRef): Distinct | null {
    const known = this.#byObject.get(ref);
    if (known !== undefined) return known;
    const distinct = this.#podsByKey(ref);
    this.#byObject.set(ref, distinct);
    return distinct;
  }

  #podsByKey(ref: WorkloadRef): Distinct | null {
    const key = workloadKey(ref);
    let distinct = this.#distinct.get(key);
    if (distinct === undefined) {
      const pods = this.#roster.podsOf(ref);
      distinct = pods === null ? null : this.#distinctPods(pods);
      this.#distinct.set(key, distinct);
    }
    return distinct;
  }

  #distinctPods(pods: readonly PodPeer[]): Distinct {
    return {
      anywhere: distinctBy(pods, (pod) => `${this.#classOf(pod)}`),
      perNode: distinctBy(pods, (pod) => `${pod.nodeName} ${this.#classOf(pod)}`),
    };
  }
}
