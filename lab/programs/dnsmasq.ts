import type { Cluster } from '../cluster.ts';
import type { PodProgram, ProgramContext } from './program.ts';

const common = ['no-resolv', 'no-hosts', 'no-daemon', 'user=root', 'group=root', 'cache-size=0'];

/** The cluster's DNS: Services by name, all else from the resolver outside. */
export function dnsmasqProgram({ cluster, pod }: ProgramContext): PodProgram {
  const records = cluster.topology.services.map(
    ({ name, namespace, clusterIp }) => `host-record=${name}.${namespace}.svc.cluster.local,${clusterIp}`,
  );
  const config = [...common, 'local=/cluster.local/', `server=${cluster.topology.upstreamDns.address}`, ...records];
  return {
    argv: ['dnsmasq', `--conf-file=${pod.dir}/dnsmasq.conf`],
    files: { 'dnsmasq.conf': `${config.join('\n')}\n` },
  };
}

/** The resolver outside the cluster, which knows the external hosts. */
export function upstreamDnsConfig({ topology }: Cluster): string {
  const hosts = [...topology.externals, topology.upstreamDns, topology.visitor];
  const records = hosts.map(({ name, address }) => `host-record=${name},${address}`);
  return `${[...common, 'local=/#/', ...records].join('\n')}\n`;
}
