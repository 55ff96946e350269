/* The process in which `identity-aggregator.ts` measures: its memory is that of one aggregator's index and no more. */
import { Identity } from '../aggregator/identity/identity.ts';
import type { RemoteEnd } from '../aggregator/identity/remote-peer.ts';
import { ClusterObjects } from '../aggregator/kube/objects.ts';
import { type Address, parseAddress } from '../core/address.ts';
import type { ObjectChange } from '../core/kubernetes.ts';
import { readObject } from '../core/read-object.ts';
import type { AggregatorReading } from './identity-aggregator.ts';
import { clusterLines, type ClusterSize, podAddress, podLine } from './identity-cluster.ts';
import { residentMb } from './process-usage.ts';

const size: ClusterSize = { pods: 150_000, nodes: 5_000, replicas: 15, namespaces: 300 };
/** Pods that are made again before memory is read: a tenth of all. */
const churned = 15_000;
const podsInRound = 2_500;

const objects = new ClusterObjects();
const identity = new Identity({
  podCidrs: [],
  serviceCidrs: [],
  memoryMs: 3_600_000,
  maxGone: 500_000,
  toleranceMs: 30_000,
});

/** From the text of a line to the change that it makes; null when it makes none. */
function changeOf(line: string): ObjectChange | null {
  const { type, object: value } = JSON.parse(line) as { type: string; object: unknown };
  const read = readObject(value);
  if (!('object' in read) || read.object === null) throw new Error(`the bench made an object that cannot be read`);
  const { kind, metadata } = read.object;
  return type === 'DELETED' ? objects.remove(kind, metadata.namespace, metadata.name) : objects.set(read.object);
}

function load(): void {
  const changes: ObjectChange[] = [];
  for (const line of clusterLines(size)) {
    const change = changeOf(line);
    if (change !== null) changes.push(change);
  }
  identity.apply(changes, Date.now());
}

/** Pods that are made again under their names, each with the address of the one before: gone, made, given the address. */
function* churnLines(pods: Iterable<number>, incarnation: number): Generator<string> {
  for (const pod of pods) {
    yield podLine('DELETED', pod, incarnation, podAddress(pod), size);
    yield podLine('ADDED', pod, incarnation + 1, '', size);
    yield podLine('MODIFIED', pod, incarnation + 1, podAddress(pod), size);
    yield podLine('MODIFIED', pod, incarnation + 1, podAddress(pod), size);
  }
}

function follow(lines: Iterable<string>): void {
  for (const line of lines) {
    const change = changeOf(line);
    if (change !== null) identity.apply([change], Date.now());
  }
}

function* numbers(from: number, to: number): Generator<number> {
  for (let number = from; number < to; number++) yield number;
}

function secondsOf(work: () => void): number {
  const startedMs = performance.now();
  work();
  return (performance.now() - startedMs) / 1000;
}

function measureEvents(seconds: number): number {
  let events = 0;
  let taken = 0;
  for (let first = churned; taken < seconds; first = (first + podsInRound) % (size.pods - podsInRound)) {
    // Made before they are measured.
    const lines = [...churnLines(numbers(first, first + podsInRound), 0)];
    taken += secondsOf(() => follow(lines));
    events += lines.length;
  }
  return events / taken;
}

function recordsOf(): RemoteEnd[] {
  const pod = { namespace: 'team-0', name: 'reporter', uid: 'reporter' };
  const lastSeenUnixMs = Date.now();
  return Array.from({ length: size.pods }, (_, i) => {
    // A stride that no size divides: neighbours are in no order.
    const remote = parseAddress(podAddress((i * 104_729) % size.pods)) as Address;
    return { pod, role: 'client', remote, port: 8080, protocol: 'TCP', seenAs: null, lastSeenUnixMs };
  });
}

function measureLookups(seconds: number): number {
  const records = recordsOf();
  let lookups = 0;
  let named = 0;
  let taken = 0;
  while (taken < seconds) {
    taken += secondsOf(() => {
      for (const record of records) if (identity.remote(record).entity.type === 'workload') named++;
    });
    lookups += records.length;
  }
  if (named !== lookups) throw new Error(`${lookups - named} of ${lookups} addresses of pods got no name`);
  return lookups / taken;
}

const seconds = Number(process.argv[2] ?? 5);
load();
// What queries read: it must not cost as much again.
objects.snapshot();
const loadedMb = residentMb(process.pid);
follow(churnLines(numbers(0, churned), 0));
objects.snapshot();
const rssMb = Math.max(loadedMb, residentMb(process.pid));
const reading: AggregatorReading = {
  rss_mb: rssMb,
  lookups_per_s: measureLookups(seconds),
  apply_events_per_s: measureEvents(seconds),
};
process.send?.(reading);
