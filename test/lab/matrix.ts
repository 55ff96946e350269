import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ClusterSnapshot, NetworkPolicy } from '../../core/kubernetes.ts';
import { parseManifests, snapshotOf } from '../../core/manifest.ts';
import type { Decision } from '../../core/verdict.ts';
import type { LabPod } from '../../lab/cluster.ts';
import type { Lab } from '../../lab/lab.ts';
import type { ProbeConfig, ProbeResult } from '../../lab/servers/probe-config.ts';
import { PolicySet } from '../../policy/evaluate/evaluate.ts';
import { podPeer } from '../../policy/evaluate/pod-peer.ts';
import type { PodPeer } from '../../policy/evaluate/query.ts';

/** One attempt between two pods, with what policies compute of it. */
export interface Cell {
  readonly client: LabPod;
  readonly server: LabPod;
  readonly protocol: 'TCP' | 'UDP';
  readonly port: number;
  readonly computed: Decision;
  readonly probe: ProbeConfig;
}

/** They wait rather than work: what is stopped is not answered. More of them would be late on a busy machine. */
const clientsAtOnce = 6;

/** Nobody listens there: what gets through is refused, what is stopped is not answered. */
export const closedPort = 9;
/** The quote service's, in this lab: the one UDP server that answers whoever asks. */
const quotePort = 7000;

async function snapshotFrom(folder: string): Promise<ClusterSnapshot> {
  const files = (await readdir(folder)).filter((name) => name.endsWith('.yaml'));
  const texts = await Promise.all(files.map((name) => readFile(join(folder, name), 'utf8')));
  return snapshotOf(
    texts.flatMap((text, index) => parseManifests(text, files[index] as string).objects.map(({ object }) => object)),
  );
}

/** Every pair of different pods on every port that the server listens on, and on one that is closed. */
export async function cellsOf(lab: Lab, policies: readonly NetworkPolicy[]): Promise<Cell[]> {
  const cluster = await snapshotFrom(lab.manifestsDir);
  const set = new PolicySet(policies, cluster.nodes);
  const namespaces = new Map(cluster.namespaces.map((each) => [each.metadata.name, each]));
  const peers = new Map<string, PodPeer>();
  for (const pod of cluster.pods) {
    const { namespace, name } = pod.metadata;
    peers.set(`${namespace}/${name}`, podPeer(pod, namespaces.get(namespace)));
  }
  const peerOf = ({ namespace, name }: LabPod) => peers.get(`${namespace}/${name}`) as PodPeer;
  return lab.pods.flatMap((client) =>
    lab.pods
      .filter((server) => server !== client)
      .flatMap((server) =>
        portsOf(server).map(({ protocol, port }): Cell => {
          const query = { client: peerOf(client), server: peerOf(server), protocol, port };
          const { address: host } = server;
          const probe: ProbeConfig =
            protocol === 'TCP' ? { kind: 'tcp', host, port, source: null } : { kind: 'quote', host, port };
          return { client, server, protocol, port, computed: set.decide(query).decision, probe };
        }),
      ),
  );
}

function portsOf({ workload }: LabPod): { readonly protocol: 'TCP' | 'UDP'; readonly port: number }[] {
  const listening = workload.ports.filter(({ protocol, port }) => protocol === 'TCP' || port === quotePort);
  return [...listening, { protocol: 'TCP', port: closedPort }];
}

/** Whether packets got through: an answer of any kind is one, a refusal too. */
function passed(result: ProbeResult): boolean {
  return result === null || result.includes('ECONNREFUSED');
}

/** Makes every attempt, those of a pod at once. @returns the cells in which the kernel did not do what was computed */
export async function disagreements(lab: Lab, cells: readonly Cell[]): Promise<string[]> {
  // What should pass and did not has its chance again with more time: a busy machine is no policy.
  const first = await tryCells(lab, cells, 700);
  const late = cells.filter((cell, index) => cell.computed === 'allowed' && first[index] === false);
  const second = await tryCells(lab, late, 4000);
  const arrived = new Set(late.filter((_, index) => second[index] === true));
  return cells.flatMap((cell, index) => {
    const got = first[index] === true || arrived.has(cell);
    if (got === (cell.computed === 'allowed')) return [];
    const { client, server, protocol, port, computed } = cell;
    const what = `${client.namespace}/${client.name} -> ${server.namespace}/${server.name} ${protocol} ${port}`;
    return [`${what}: computed ${computed}, ${got ? 'passed' : 'stopped'} in the kernel`];
  });
}

async function tryCells(lab: Lab, cells: readonly Cell[], timeoutMs: number): Promise<boolean[]> {
  const results = new Map<Cell, boolean>();
  const waiting = [...lab.pods];
  const work = async () => {
    for (let client = waiting.shift(); client !== undefined; client = waiting.shift()) {
      const own = cells.filter((cell) => cell.client === client);
      const got = await lab.attempt(
        client,
        own.map(({ probe }) => probe),
        timeoutMs,
      );
      for (const [index, cell] of own.entries()) results.set(cell, passed(got[index] ?? null));
    }
  };
  await Promise.all(Array.from({ length: clientsAtOnce }, work));
  return cells.map((cell) => results.get(cell) === true);
}
