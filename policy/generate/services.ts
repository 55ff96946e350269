import { type Address, parseAddress } from '../../core/address.ts';
import { type ServiceRef, workloadKey } from '../../core/identity.ts';
import type { Service, ServicePort } from '../../core/kubernetes.ts';
import type { Workload } from '../../core/workload.ts';
import type { PortProtocol } from '../evaluate/connections.ts';
import { containerPorts } from '../evaluate/pod-peer.ts';
import { compileSelector } from '../evaluate/selector.ts';

/** A workload behind a port of a Service, and the port on which it listens. */
export interface Behind {
  readonly workload: Workload;
  readonly port: number;
}

function protocolOf({ protocol }: { readonly protocol?: string }): string {
  return protocol ?? 'TCP';
}

/** The ports of a workload's pods that a Service's port leads to; a name may mean several over a rollout. */
export function targetPorts(port: ServicePort, { spec, pods }: Workload): number[] {
  const { targetPort } = port;
  if (typeof targetPort === 'number') return [targetPort || port.port];
  if (targetPort === undefined) return [port.port];
  const declared = [spec, ...pods.map((pod) => pod.spec)].flatMap(containerPorts);
  const named = declared.filter((each) => each.name === targetPort && protocolOf(each) === protocolOf(port));
  return [...new Set(named.map((each) => each.containerPort))];
}

function keyOf({ namespace, name }: ServiceRef): string {
  return `${namespace}/${name}`;
}

/** The Services of a cluster with what their selectors put behind them. */
export class Services {
  readonly #services: ReadonlyMap<string, Service>;
  readonly #byNamespace = new Map<string, Workload[]>();
  readonly #workloads = new Map<string, readonly Workload[]>();

  constructor(services: readonly Service[], workloads: readonly Workload[]) {
    this.#services = new Map(services.map((each) => [keyOf(each.metadata), each]));
    for (const workload of workloads) {
      const beside = this.#byNamespace.get(workload.ref.namespace);
      if (beside === undefined) this.#byNamespace.set(workload.ref.namespace, [workload]);
      else beside.push(workload);
    }
  }

  get all(): Iterable<Service> {
    return this.#services.values();
  }

  /** The workloads that a Service's selector names; none where it has no selector. */
  workloadsOf(ref: ServiceRef): readonly Workload[] {
    const key = keyOf(ref);
    let found = this.#workloads.get(key);
    if (found === undefined) {
      found = this.#select(this.#services.get(key));
      this.#workloads.set(key, found);
    }
    return found;
  }

  /** What is behind one port of a Service. */
  behind(ref: ServiceRef, protocol: PortProtocol, port: number): Behind[] {
    const ports = (this.#services.get(keyOf(ref))?.spec.ports ?? []).filter(
      (each) => each.port === port && protocolOf(each) === protocol,
    );
    return this.workloadsOf(ref).flatMap((workload) =>
      ports.flatMap((each) => targetPorts(each, workload).map((target) => ({ workload, port: target }))),
    );
  }

  /** The Service's own ports that lead to a port of a workload. */
  portsTo(ref: ServiceRef, workload: Workload, protocol: PortProtocol, target: number): number[] {
    const { ports = [] } = this.#services.get(keyOf(ref))?.spec ?? {};
    const leading = ports.filter(
      (each) => protocolOf(each) === protocol && targetPorts(each, workload).includes(target),
    );
    return [...new Set(leading.map(({ port }) => port))];
  }

  /** Its addresses inside the cluster, of both families; none for a headless Service. */
  addressesOf(ref: ServiceRef): Address[] {
    const { clusterIP, clusterIPs = [] } = this.#services.get(keyOf(ref))?.spec ?? {};
    const addresses = [clusterIP ?? '', ...clusterIPs].map(parseAddress).filter((each) => each !== null);
    return [...new Set(addresses)];
  }

  #select(service: Service | undefined): readonly Workload[] {
    const labels = service?.spec.selector ?? {};
    if (service === undefined || Object.keys(labels).length === 0) return [];
    const selected = compileSelector({ matchLabels: labels });
    const found = (this.#byNamespace.get(service.metadata.namespace) ?? []).filter(
      (workload) => selected(workload.labels) || workload.pods.some((pod) => selected(pod.metadata.labels)),
    );
    return [...new Map(found.map((workload) => [workloadKey(workload.ref), workload])).values()];
  }
}
