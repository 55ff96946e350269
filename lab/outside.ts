import { serviceNamed } from './call-target.ts';
import type { Cluster } from './cluster.ts';
import { outsideNetns } from './underlay.ts';
import { type LabProcess, startProcess, writeProgramFiles } from './pod-processes.ts';
import { inNetns } from './probes.ts';
import { upstreamDnsConfig } from './programs/dnsmasq.ts';
import { postgresBinDir } from './programs/postgres.ts';
import { ownProgram } from './programs/service.ts';
import type { CallConfig, ServiceConfig } from './servers/config.ts';

/** Where a client outside reaches a Service: its node port on each node. */
export function visitorTargets({ topology, nodes }: Cluster): readonly { host: string; port: number }[] {
  const { service } = topology.visitor;
  const { ports } = serviceNamed(topology, service.namespace, service.name);
  return ports.flatMap(({ nodePort }) =>
    nodePort === undefined ? [] : nodes.map(({ address }) => ({ host: address, port: nodePort })),
  );
}

/** Starts what stands outside the cluster: the resolver, the payment and mail servers, and the visitor. */
export async function startOutside(
  lab: string,
  cluster: Cluster,
  paths: { readonly dir: string; readonly trafficFile: string },
): Promise<LabProcess[]> {
  const netns = `/run/netns/${outsideNetns(lab)}`;
  const visits = visitorTargets(cluster).map(
    ({ host, port }): CallConfig => ({ kind: 'curl', host, port, path: '/', source: cluster.topology.visitor.address }),
  );
  const config: ServiceConfig = {
    listen: cluster.topology.externals.map(({ serves, address, port }) => ({ kind: serves, address, port })),
    calls: visits,
    trafficFile: paths.trafficFile,
    statsFile: `${paths.dir}/stats.json`,
    psqlDir: postgresBinDir(),
  };
  await writeProgramFiles(paths.dir, {
    'service.json': JSON.stringify(config, null, 2),
    'dnsmasq.conf': upstreamDnsConfig(cluster),
  });
  const start = (argv: readonly string[], log: string) =>
    startProcess(lab, inNetns(netns, argv), `${paths.dir}/${log}`);
  return [
    await start([...ownProgram('service'), `${paths.dir}/service.json`], 'service.log'),
    await start(['dnsmasq', `--conf-file=${paths.dir}/dnsmasq.conf`], 'dnsmasq.log'),
  ];
}
