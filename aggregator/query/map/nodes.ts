import type { Edge } from '../../../core/edge.ts';
import type { Entity, ServiceRef } from '../../../core/identity.ts';
import { compareText } from '../../../core/order.ts';
import { isHidden } from '../../../core/sight.ts';
import { wireProtocol } from '../../../proto/names.ts';
import type * as wire from '../../../proto/wire.ts';
import type { ClusterState } from '../cluster-state.ts';
import type { Place } from './placement.ts';

/** How many ports, and how many Services, of a node are named. */
const maxNamed = 20;

/** One node of a map, as far as its edges tell. */
export class MapNode {
  readonly place: Place;
  readonly neighbours = new Set<string>();
  readonly #addresses = new Set<string>();
  readonly #ports = new Map<string, wire.PortRef>();
  readonly #services = new Map<string, ServiceRef>();

  constructor(place: Place) {
    this.place = place;
  }

  addMember(entity: Entity): void {
    if (isHidden(entity)) return;
    if (entity.type === 'external' || entity.type === 'unresolved') this.#addresses.add(entity.address);
  }

  addIngress({ protocol, port, services }: Edge): void {
    this.#ports.set(`${protocol}/${String(port).padStart(5, '0')}`, { protocol: wireProtocol[protocol], port });
    for (const service of services) this.#services.set(`${service.namespace}/${service.name}`, service);
  }

  /** @param shown how many nodes the map has */
  encode(state: ClusterState, shown: number): wire.GraphNode {
    const { id, type, label, namespace, workload } = this.place;
    const named = <Value>(values: ReadonlyMap<string, Value>) =>
      [...values]
        .toSorted(([a], [b]) => compareText(a, b))
        .slice(0, maxNamed)
        .map(([, value]) => value);
    const degree = this.neighbours.size;
    return {
      id,
      type,
      label,
      namespace,
      workload,
      ...this.#counts(state),
      addresses: this.#addresses.size,
      ports: named(this.#ports),
      services: named(this.#services),
      degree,
      hub: shown >= leastForHubs && degree > hubShare * shown,
    };
  }

  #counts(state: ClusterState): Pick<wire.GraphNode, 'workloads' | 'pods' | 'labels'> {
    const { type, namespace, workload } = this.place;
    if (workload !== null) {
      const known = state.workload(workload);
      return { workloads: 1, pods: known?.pods.length ?? 0, labels: known?.labels ?? {} };
    }
    if (type !== 'namespace') return { workloads: 0, pods: 0, labels: {} };
    const inside = state.workloads.filter(({ ref }) => ref.namespace === namespace);
    const pods = inside.reduce((total, each) => total + each.pods.length, 0);
    return { workloads: inside.length, pods, labels: {} };
  }
}

/** With what share of all nodes a hub is linked, of how many at least. */
const hubShare = 0.3;
const leastForHubs = 10;
