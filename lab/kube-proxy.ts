import type { WiredCluster, WiredNode, WiredPod } from './wired-cluster.ts';
import type { ServicePortSpec, ServiceSpec } from './workload-spec.ts';

/** Traffic that has to come back through the node: a pod that reached itself through its own Service. */
const masqueradeMark = '0x4000';

/** The pods behind a Service, in the order of the cluster. */
export function backendsOf<Pod extends WiredPod>(cluster: WiredCluster<Pod>, service: ServiceSpec): Pod[] {
  return cluster.pods.filter(
    (pod) =>
      pod.namespace === service.namespace &&
      Object.entries(service.selector).every(([key, value]) => pod.labels[key] === value),
  );
}

/** The number that a Service's port leads to on one of its pods; null when the pod has no port of that name. */
export function targetPortOn(pod: WiredPod, port: ServicePortSpec): number | null {
  if (typeof port.targetPort === 'number') return port.targetPort;
  const named = pod.workload.ports.find((each) => each.name === port.targetPort && each.protocol === port.protocol);
  return named?.port ?? null;
}

/** A chain that sends a new connection to one of the backends, each with the same chance. */
function balance(name: string, backends: readonly WiredPod[], port: ServicePortSpec): string[] {
  const protocol = port.protocol.toLowerCase();
  const chains: string[] = [];
  const choices: string[] = [];
  for (const pod of backends) {
    const target = targetPortOn(pod, port);
    if (target === null) continue;
    const endpoint = `${name}-${choices.length}`;
    chains.push(`  chain ${endpoint} {
    ip saddr ${pod.address} meta mark set ${masqueradeMark}
    meta l4proto ${protocol} dnat to ${pod.address}:${target}
  }`);
    choices.push(`${choices.length} : goto ${endpoint}`);
  }
  if (choices.length === 0) return [`  chain ${name} {\n    return\n  }`];
  return [...chains, `  chain ${name} {\n    numgen random mod ${choices.length} vmap { ${choices.join(', ')} }\n  }`];
}

/** The nft ruleset of one node's kube-proxy: cluster IPs and node ports, TCP and UDP, by DNAT. */
export function kubeProxyRules(cluster: WiredCluster, node: WiredNode): string {
  const chains: string[] = [];
  const clusterIps: string[] = [];
  const nodePorts: string[] = [];
  for (const service of cluster.topology.services) {
    const backends = backendsOf(cluster, service);
    const local = backends.filter((pod) => pod.node === node.name);
    for (const port of service.ports) {
      const protocol = port.protocol.toLowerCase();
      const name = `${service.namespace}.${service.name}.${port.name}`.replaceAll(/[^a-z0-9]/g, '_');
      chains.push(...balance(`svc_${name}`, backends, port));
      clusterIps.push(`${service.clusterIp} . ${protocol} . ${port.port} : goto svc_${name}`);
      if (port.nodePort !== undefined) {
        // externalTrafficPolicy Local: only pods of this node, so that the caller's address can be kept.
        chains.push(...balance(`ext_${name}`, local, port));
        nodePorts.push(`${node.address} . ${protocol} . ${port.nodePort} : goto ext_${name}`);
      }
    }
  }
  return `table ip kube-proxy {}
delete table ip kube-proxy
table ip kube-proxy {
${chains.join('\n')}
  map services {
    type ipv4_addr . inet_proto . inet_service : verdict
    elements = { ${[...clusterIps, ...nodePorts].join(', ')} }
  }
  chain prerouting {
    type nat hook prerouting priority dstnat; policy accept;
    ip daddr . meta l4proto . th dport vmap @services
  }
  chain output {
    type nat hook output priority -100; policy accept;
    ip daddr . meta l4proto . th dport vmap @services
  }
  chain postrouting {
    type nat hook postrouting priority srcnat; policy accept;
    meta mark ${masqueradeMark} masquerade
  }
}
`;
}
