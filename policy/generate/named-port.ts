import type { WorkloadRef } from '../../core/identity.ts';
import { workloadKey } from '../../core/identity.ts';
import type { PodSpec } from '../../core/kubernetes.ts';
import type { Workload } from '../../core/workload.ts';
import type { PortProtocol } from '../evaluate/connections.ts';
import { containerPorts } from '../evaluate/pod-peer.ts';
import { onePort, type RulePort } from './rule-port.ts';

function specsOf({ spec, pods, hasTemplate }: Workload): PodSpec[] {
  const ofPods = pods.map((pod) => pod.spec);
  return hasTemplate ? [spec, ...ofPods] : ofPods;
}

/** The one name that a spec gives a port; null where it gives none, or the name means another port as well. */
function nameIn(spec: PodSpec, protocol: PortProtocol, port: number): string | null {
  const ports = containerPorts(spec).filter((each) => (each.protocol ?? 'TCP') === protocol);
  const name = ports.find((each) => each.containerPort === port && each.name)?.name ?? null;
  return ports.some((each) => each.name === name && each.containerPort !== port) ? null : name;
}

/** Finds the names of ports that stand for the same port in every pod that a rule reaches. */
export class NamedPorts {
  readonly #workloads: ReadonlyMap<string, Workload>;
  readonly #known = new Map<string, RulePort>();
  readonly #numbered = new Map<string, readonly RulePort[]>();

  constructor(workloads: ReadonlyMap<string, Workload>) {
    this.#workloads = workloads;
  }

  /** By its name where all pods and templates of all the workloads agree on it, else by its number. */
  of(reached: readonly WorkloadRef[], protocol: PortProtocol, port: number): RulePort {
    const key = `${reached.map(workloadKey).join()} ${protocol} ${port}`;
    let found = this.#known.get(key);
    if (found === undefined) {
      const specs = reached.flatMap((ref) => {
        const workload = this.#workloads.get(workloadKey(ref));
        return workload === undefined ? [] : specsOf(workload);
      });
      const [name = null, ...others] = specs.map((spec) => nameIn(spec, protocol, port));
      found = name !== null && others.every((each) => each === name) ? { protocol, name } : onePort(protocol, port);
      this.#known.set(key, found);
    }
    return found;
  }

  /** By its number: of equal lists there is one, because each edge has one and there are few. */
  numbered(protocols: readonly PortProtocol[], port: number): readonly RulePort[] {
    const key = `${protocols.join()} ${port}`;
    let ports = this.#numbered.get(key);
    if (ports === undefined) {
      ports = protocols.map((each) => onePort(each, port));
      this.#numbered.set(key, ports);
    }
    return ports;
  }
}
