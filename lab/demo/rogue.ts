import { setTimeout as sleep } from 'node:timers/promises';
import type { Edge } from '../../core/edge.ts';
import type { Milliseconds } from '../../core/time.ts';
import { serviceNamed } from '../call-target.ts';
import type { Lab } from '../lab.ts';
import type { ProbeConfig } from '../servers/probe-config.ts';
import { topology } from '../topology.ts';
import { dnsServiceIp } from '../topology-system.ts';
import type { WorkloadSpec } from '../workload-spec.ts';
import type { Weir } from './weir.ts';

/** A pod that nobody declared: it listens nowhere and belongs to no controller. */
const rogue: WorkloadSpec = {
  namespace: 'shop',
  kind: 'Pod',
  name: 'rogue',
  replicas: 1,
  labels: { 'app.kubernetes.io/name': 'rogue' },
  image: 'registry.example.net/rogue:1.0.0',
  ports: [],
  program: { type: 'service' },
  calls: [],
  resolver: null,
};

interface Attempt {
  readonly probe: ProbeConfig;
  /** The workload that stands behind the address. */
  readonly namespace: string;
  readonly workload: string;
}

const timeoutMs = 2500;
const askEveryMs = 250;

function tcp(namespace: string, name: string, port: number): Attempt {
  const { clusterIp } = serviceNamed(topology, namespace, name);
  return { probe: { kind: 'tcp', host: clusterIp, port, source: null }, namespace, workload: name };
}

function attempts(): Attempt[] {
  const currency = serviceNamed(topology, 'shop', 'currency').clusterIp;
  return [
    tcp('data', 'redis', 6379),
    tcp('data', 'postgres', 5432),
    tcp('shop', 'payment', 443),
    tcp('shop', 'checkout', 5050),
    { probe: { kind: 'quote', host: currency, port: 7000 }, namespace: 'shop', workload: 'currency' },
    {
      probe: { kind: 'dns', host: dnsServiceIp, protocol: 'UDP', name: 'redis.data.svc.cluster.local' },
      namespace: 'kube-system',
      workload: 'coredns',
    },
  ];
}

export interface RogueResult {
  readonly attempts: number;
  /** Attempts that failed for the pod and that Weir shows as stopped, by one of the reasons that the lab can have. */
  readonly dropped: number;
  /** The kernel's reasons, or `unanswered` where it was not the kernel that dropped; several in order, or empty. */
  readonly reason: string;
  /** What Weir shows of them. */
  readonly edges: readonly Edge[];
}

/** Whether it was the rogue pod that called. */
export function isFromRogue({ client }: Edge): boolean {
  return client.type === 'workload' && client.namespace === rogue.namespace && client.name === rogue.name;
}

/** An edge of the rogue's to a workload, wherever the port. */
function isAttempt(edge: Edge, { namespace, workload }: Attempt): boolean {
  const { server } = edge;
  const isTarget = server.type === 'workload' && server.namespace === namespace && server.name === workload;
  return isTarget && isFromRogue(edge);
}

/** Why Weir says that an attempt got nowhere; empty when it does not say so. */
function reasonsOf({ verdict, merged }: Edge): string[] {
  if (verdict === 'unanswered') return [verdict];
  return verdict === 'dropped' ? Object.keys(merged.drops) : [];
}

function isStopped(edge: Edge, stopReasons: readonly string[]): boolean {
  const reasons = reasonsOf(edge);
  return reasons.length > 0 && reasons.every((reason) => stopReasons.includes(reason));
}

/** Lets a rogue pod appear and reach for what is not its business, and asks Weir what became of it. */
export async function letRogueTry(
  lab: Lab,
  weir: Weir,
  withinMs: Milliseconds,
  abort: AbortSignal,
): Promise<RogueResult> {
  const [pod] = await lab.addPod(rogue);
  if (pod === undefined) throw new Error('a pod that was added is not there');
  const tries = attempts();
  const results = await lab.attempt(
    pod,
    tries.map(({ probe }) => probe),
    timeoutMs,
  );
  const endMs = performance.now() + withinMs;
  for (;;) {
    abort.throwIfAborted();
    const edges = await weir.edges();
    const shown = tries.map((each) =>
      edges.find(
        (edge) => isAttempt(edge, each) && edge.protocol === protocolOf(each) && isStopped(edge, lab.stopReasons),
      ),
    );
    const dropped = shown.filter((edge, i) => edge !== undefined && results[i] !== null);
    if (dropped.length === tries.length || performance.now() > endMs) {
      const found = shown.filter((edge) => edge !== undefined);
      const reasons = new Set(found.flatMap(reasonsOf));
      const reason = [...reasons].toSorted().join(', ');
      return { attempts: tries.length, dropped: dropped.length, reason, edges: found };
    }
    await sleep(askEveryMs);
  }
}

function protocolOf({ probe }: Attempt): 'TCP' | 'UDP' {
  return probe.kind === 'tcp' ? 'TCP' : 'UDP';
}
