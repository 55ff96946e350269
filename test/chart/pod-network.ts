import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NetworkPolicy } from '../../core/kubernetes.ts';
import { enforcementRules } from '../../lab/enforce.ts';
import type { StoredObject } from '../../lab/kube-api/object-store.ts';
import type { KubeApi } from '../../lab/kube-api/server.ts';
import { kubeProxyRules } from '../../lab/kube-proxy.ts';
import type { WiredCluster, WiredPod } from '../../lab/wired-cluster.ts';
import type { PortSpec, ServiceSpec } from '../../lab/workload-spec.ts';
import { ipBatch } from '../agent/namespaces.ts';
import type { TestNode } from '../agent/node-fixture.ts';
import type { TestPod } from '../agent/pod-wiring.ts';
import { isReady } from './object-states.ts';
import { isEnding } from '../../lab/kube-api/pod-end.ts';
import { nodeName } from './workload-pods.ts';

/** Of a name of its own each time: what a pod that is gone had may be there for a while. */
const wiring = { named: false, interface: (containerId: string) => `cali${containerId.slice(0, 11)}` };

/** The block that the API server gives Services their addresses of. */
const serviceCidr = '10.96.0.0/16';

/** As kube-proxy answers for a Service that nobody is behind. */
const refusal = `table ip no-endpoints {}
delete table ip no-endpoints
table ip no-endpoints {
  chain output { type filter hook output priority filter; ip daddr ${serviceCidr} reject; }
  chain forward { type filter hook forward priority filter; ip daddr ${serviceCidr} reject; }
}
`;

interface ContainerPort {
  readonly name?: string;
  readonly containerPort: number;
  readonly protocol?: 'TCP' | 'UDP';
}

function portsOf(pod: StoredObject): PortSpec[] {
  const { containers } = pod['spec'] as {
    readonly containers: readonly { readonly ports?: readonly ContainerPort[] }[];
  };
  return containers
    .flatMap(({ ports = [] }) => ports)
    .map(({ name = '', containerPort, protocol = 'TCP' }) => ({ name, port: containerPort, protocol }));
}

function serviceOf({ metadata, spec }: StoredObject): ServiceSpec {
  const { clusterIP, selector, ports } = spec as {
    readonly clusterIP: string;
    readonly selector: Readonly<Record<string, string>>;
    readonly ports: readonly {
      readonly name?: string;
      readonly port: number;
      readonly protocol?: 'TCP' | 'UDP';
      readonly targetPort?: number | string;
    }[];
  };
  return {
    namespace: metadata.namespace ?? '',
    name: metadata.name,
    clusterIp: clusterIP,
    selector,
    ports: ports.map(({ name = '', port, protocol = 'TCP', targetPort = port }) => ({
      name,
      port,
      protocol,
      targetPort,
    })),
  };
}

/** The network of a node: interfaces of its pods, Services and NetworkPolicies, as the API has them. */
export class PodNetwork {
  readonly #api: KubeApi;
  readonly #node: TestNode;
  readonly #cniResults: string;
  /** By the UID of the pod. */
  readonly #wired = new Map<string, TestPod>();
  readonly #unfollow: () => void;
  #rules = '';

  /** @param cniResults folder in which a plug-in notes what it has made */
  constructor(api: KubeApi, node: TestNode, cniResults: string) {
    this.#api = api;
    this.#node = node;
    this.#cniResults = cniResults;
    ipBatch(node.netns, [`route add ${serviceCidr} dev lo src ${node.address}`]);
    node.nft(refusal);
    this.#unfollow = api.store.onChange(() => this.#load());
  }

  stop(): void {
    this.#unfollow();
  }

  /** Wires a pod, and notes it as a CNI plug-in does. */
  add(namespace: string, name: string, uid: string): TestPod {
    const pod = this.#node.addPod(name, wiring);
    this.#wired.set(uid, pod);
    const { containerId, netns } = pod;
    const cniArgs = [
      ['K8S_POD_NAMESPACE', namespace],
      ['K8S_POD_NAME', name],
      ['K8S_POD_UID', uid],
    ];
    const result = { kind: 'cniCacheV1', containerId, ifName: 'eth0', netns: `/run/netns/${netns}`, cniArgs };
    writeFileSync(this.#resultOf(containerId), JSON.stringify(result));
    return pod;
  }

  remove(uid: string): void {
    const pod = this.#wired.get(uid);
    if (pod === undefined) return;
    this.#wired.delete(uid);
    rmSync(this.#resultOf(pod.containerId));
    this.#node.deletePod(pod);
  }

  #resultOf(containerId: string): string {
    return join(this.#cniResults, `net-${containerId}-eth0`);
  }

  #all(kind: string): StoredObject[] {
    return this.#api.store.all().filter((object) => object.kind === kind);
  }

  /** Makes the rules anew when they are not what the API's objects come to any more. */
  #load(): void {
    const pods = this.#all('Pod').flatMap((object) => {
      const wired = this.#wired.get(object.metadata.uid);
      return wired === undefined ? [] : [{ object, wired: this.#wiredPod(object, wired) }];
    });
    const topology = {
      namespaces: this.#all('Namespace').map(({ metadata }) => ({
        name: metadata.name,
        labels: metadata.labels ?? {},
      })),
      services: this.#all('Service').map(serviceOf),
    };
    const serving = pods.filter(({ object }) => isReady(object) && !isEnding(object));
    const of = (some: typeof pods): WiredCluster => ({ pods: some.map(({ wired }) => wired), topology });
    const policies = this.#all('NetworkPolicy').filter(({ apiVersion }) => apiVersion === 'networking.k8s.io/v1');
    const place = { name: nodeName, address: this.#node.address };
    const rules = [
      topology.services.length === 0 ? '' : kubeProxyRules(of(serving), place),
      enforcementRules(of(pods), place, policies as unknown as readonly NetworkPolicy[], (pod, direction) =>
        direction === 'egress' ? `iifname "${pod.interface}"` : `oifname "${pod.interface}"`,
      ),
    ].join('');
    if (rules === this.#rules) return;
    this.#rules = rules;
    this.#node.nft(rules);
  }

  #wiredPod(object: StoredObject, { address, interface: name }: TestPod): WiredPod {
    const { metadata } = object;
    return {
      namespace: metadata.namespace ?? '',
      labels: metadata.labels ?? {},
      node: nodeName,
      address,
      interface: name,
      workload: { ports: portsOf(object) },
    };
  }
}
