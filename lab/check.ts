import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { edgeKey } from '../core/edge.ts';
import { targetHost } from './call-target.ts';
import type { Cluster, LabPod } from './cluster.ts';
import { type ExpectedEdge, expectedEdgesOf } from './expected.ts';
import { backendsOf } from './kube-proxy.ts';
import { outsideNetns } from './underlay.ts';
import { visitorTargets } from './outside.ts';
import { inPod } from './pod-environment.ts';
import { inNetns, probeLabel, runProbes } from './probes.ts';
import { statsFileOf } from './programs/service.ts';
import type { ProbeConfig } from './servers/probe-config.ts';

export interface CheckFailure {
  /** Pod that tried, as `namespace/name`, or the name of the visitor outside. */
  readonly from: string;
  readonly edge: string;
  /** What was tried, and what went wrong. */
  readonly attempt: string;
  readonly failure: string;
}

export interface CheckResult {
  /** Attempts that went through. */
  readonly ok: number;
  readonly failed: readonly CheckFailure[];
}

interface Attempt {
  readonly edge: ExpectedEdge;
  readonly probe: ProbeConfig;
  /** Pods of which one has to see a statsd datagram. */
  readonly receivers: readonly LabPod[];
}

const timeoutMs = 3000;

function probeFor(edge: ExpectedEdge, host: string, port: number, name: string): ProbeConfig {
  switch (edge.by) {
    case 'tcp':
      return { kind: 'tcp', host, port, source: null };
    case 'quote':
      return { kind: 'quote', host, port };
    case 'statsd':
      return { kind: 'statsd', host, port, name: `check.${randomBytes(8).toString('hex')}` };
    case 'dns':
      return { kind: 'dns', host, protocol: edge.id.protocol === 'TCP' ? 'TCP' : 'UDP', name };
  }
}

/** Every way in which one client pod reaches the servers of an edge. */
function attemptsOf(cluster: Cluster, edge: ExpectedEdge): Attempt[] {
  const { id, service, by } = edge;
  const { upstreamDns } = cluster.topology;
  if (service === null) {
    const host = id.server.type === 'external' ? id.server.address : '';
    return [{ edge, probe: probeFor(edge, host, id.port, upstreamDns.name), receivers: [] }];
  }
  const { spec, port } = service;
  const { server } = id;
  const backends = backendsOf(cluster, spec).filter(
    ({ workload }) => server.type === 'workload' && workload.name === server.name && workload.kind === server.kind,
  );
  const name = targetHost({ type: 'service', namespace: spec.namespace, name: spec.name });
  // A DNS server is asked by its address: its name would need another one.
  const serviceHost = by === 'dns' ? spec.clusterIp : name;
  return [
    { edge, probe: probeFor(edge, serviceHost, port.port, name), receivers: backends },
    ...backends.map((pod) => ({ edge, probe: probeFor(edge, pod.address, id.port, name), receivers: [pod] })),
  ];
}

/** Whether a datagram has arrived: its counter's name is made for it alone. */
async function arrived(name: string, receivers: readonly LabPod[]): Promise<boolean> {
  const endMs = performance.now() + timeoutMs;
  for (;;) {
    const files = receivers.map((pod) => readFile(statsFileOf(pod.dir), 'utf8').catch(() => ''));
    if ((await Promise.all(files)).some((text) => text.includes(`"${name}"`))) return true;
    if (performance.now() > endMs) return false;
    await sleep(50);
  }
}

async function tryAll(
  from: string,
  within: (argv: readonly string[]) => string[],
  attempts: readonly Attempt[],
): Promise<(CheckFailure | null)[]> {
  const probes = attempts.map(({ probe }) => probe);
  const results = await runProbes(within, { probes, timeoutMs, retryMs: 0 });
  return Promise.all(
    attempts.map(async ({ edge, probe, receivers }, index) => {
      let failure = results[index] ?? null;
      if (failure === null && probe.kind === 'statsd' && !(await arrived(probe.name, receivers))) {
        failure = 'the datagram did not arrive';
      }
      return failure === null ? null : { from, edge: edgeKey(edge.id), attempt: probeLabel(probe), failure };
    }),
  );
}

/** Makes a fresh real attempt over every expected edge, from every pod of its client. */
export async function checkEdges(lab: string, cluster: Cluster): Promise<CheckResult> {
  const edges = expectedEdgesOf(cluster.topology);
  const fromPods = cluster.pods.map((pod) => {
    const attempts = edges.filter(({ client }) => client === pod.workload).flatMap((edge) => attemptsOf(cluster, edge));
    return tryAll(`${pod.namespace}/${pod.name}`, (argv) => inPod(pod, argv), attempts);
  });
  const source = cluster.topology.visitor.address;
  const visits = edges
    .filter(({ client }) => client === null)
    .flatMap((edge) =>
      visitorTargets(cluster).map(
        (target): Attempt => ({ edge, probe: { kind: 'tcp', ...target, source }, receivers: [] }),
      ),
    );
  const outside = `/run/netns/${outsideNetns(lab)}`;
  const fromOutside = tryAll(cluster.topology.visitor.name, (argv) => inNetns(outside, argv), visits);
  const all = (await Promise.all([...fromPods, fromOutside])).flat();
  const failed = all.filter((failure) => failure !== null);
  return { ok: all.length - failed.length, failed };
}
