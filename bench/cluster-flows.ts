import { type Address, parseAddress } from '../core/address.ts';
import type { FlowRecord } from '../core/flow.ts';
import { BatchWriter } from '../proto/encode-batch.ts';
import { columnsOf } from '../proto/row-sums.ts';
import type * as wire from '../proto/wire.ts';
import { type ClusterSize, podAddress, podRef, serviceAddress } from './identity-cluster.ts';
import { NodeFlows } from './node-flows.ts';

export const windowMs = 15_000;
export const rowsPerWindow = 400;
/** Servers that the pods of one workload call, and as many call it. */
const peers = 30;
/** Nodes that behave alike share the work of making counts up, which is dear; who their pods talk to differs. */
const behaviours = 20;
/** Windows of a behaviour before they come again. */
const differentWindows = 4;

type Window = readonly FlowRecord[];

/** What one node sends, as gRPC is given it. */
export interface NodeFrames {
  readonly frames: readonly wire.Batch[];
  readonly rows: readonly number[];
  /** Bytes in both directions of all rows. */
  readonly bytes: readonly number[];
}

function address(text: string): Address {
  return parseAddress(text) as Address;
}

/** Flows between the pods of a made-up cluster, as the agents of its nodes tell them. Nothing changes but the counts. */
export class ClusterFlows {
  readonly #size: ClusterSize;
  readonly #epoch: number;
  readonly #behaviours = new Map<number, readonly Window[]>();

  /** @param epoch of all agents; their first window begins with it */
  constructor(size: ClusterSize, epoch: number) {
    this.#size = size;
    this.#epoch = epoch;
  }

  #windowsOf(behaviour: number): readonly Window[] {
    let windows = this.#behaviours.get(behaviour);
    if (windows === undefined) {
      const pods = Math.ceil(this.#size.pods / this.#size.nodes);
      const flows = new NodeFlows({ seed: behaviour + 1, pods, rowsPerWindow, windowMs, churnPerMinute: 0 });
      windows = Array.from({ length: differentWindows }, () => flows.next().records);
      this.#behaviours.set(behaviour, windows);
    }
    return windows;
  }

  /** The pod at the other end of a flow: of a workload that the reporter's calls, or that calls it. */
  #peer(pod: number, { role }: FlowRecord, flow: number): number {
    const { pods, replicas } = this.#size;
    const workloads = Math.floor(pods / replicas);
    const step = 1 + (((flow % peers) * 7919) % workloads);
    const workload = (Math.floor(pod / replicas) + (role === 'client' ? step : workloads - step)) % workloads;
    return workload * replicas + (flow % replicas);
  }

  /** A flow of a behaviour as one node's. @param flow its number there */
  #placed(record: FlowRecord, pod: number, flow: number): FlowRecord {
    const isExternal = record.remoteName !== null;
    const peer = this.#peer(pod, record, flow);
    const [port, servicePort] = record.protocol === 'UDP' ? [53, 53] : [8080, 80];
    const service = { address: address(serviceAddress(Math.floor(peer / this.#size.replicas))), port: servicePort };
    return {
      ...record,
      pod: podRef(pod, this.#size),
      remote: isExternal ? address(`203.0.113.${flow % 200}`) : address(podAddress(peer)),
      port: isExternal ? 443 : port,
      seenAs: record.seenAs === null ? null : service,
    };
  }

  /** The windows of a node one after the other, on one stream. */
  framesOf(node: number, windows: number): NodeFrames {
    const { nodes, pods } = this.#size;
    const flows = new Map<string, number>();
    const podNumbers = new Map<string, number>();
    const numberIn = (numbers: Map<string, number>, key: string) => {
      const number = numbers.get(key) ?? numbers.size;
      numbers.set(key, number);
      return number;
    };
    const different = this.#windowsOf(node % behaviours).slice(0, windows);
    const bases = different.map((records) => {
      const placed = records.map((record) => {
        const { uid } = record.pod;
        const pod = (numberIn(podNumbers, uid) * nodes + node) % pods;
        return this.#placed(record, pod, numberIn(flows, `${uid} ${record.role} ${record.remote} ${record.port}`));
      });
      return { rows: columnsOf(placed), startUnixMs: Math.min(...placed.map((each) => each.firstSeenUnixMs)) };
    });
    const writer = new BatchWriter();
    const all = Array.from({ length: windows }, (_, i) => {
      const { rows, startUnixMs: from } = bases[i % bases.length] as (typeof bases)[number];
      const startUnixMs = this.#epoch + i * windowMs;
      const move = (time: number) => Math.min(startUnixMs + time - from, startUnixMs + windowMs);
      const moved = {
        ...rows,
        firstSeenUnixMs: rows.firstSeenUnixMs.map(move),
        lastSeenUnixMs: rows.lastSeenUnixMs.map(move),
      };
      const window = { startUnixMs, endUnixMs: startUnixMs + windowMs };
      const sequence = i + 1;
      const batch = { epoch: this.#epoch, firstSequence: sequence, sequence, window, losses: {}, rows: moved };
      const { bytesToServer, bytesToClient } = rows.counters;
      const bytes = [bytesToServer, bytesToClient].reduce((sum, each) => each.reduce((a, b) => a + b, sum), 0);
      return { frame: writer.write(batch, null), rows: rows.edges.length, bytes };
    });
    return {
      frames: all.map(({ frame }) => frame),
      rows: all.map(({ rows }) => rows),
      bytes: all.map(({ bytes }) => bytes),
    };
  }
}
