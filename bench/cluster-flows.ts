import { crc32 } from 'node:zlib';
import { type Address, parseAddress } from '../core/address.ts';
import type { FlowRecord } from '../core/flow.ts';
import type { Window as TimeWindow } from '../core/time.ts';
import { BatchWriter } from '../proto/encode-batch.ts';
import { byteFormOf } from '../proto/load.ts';
import type { RowColumns } from '../proto/column-batch.ts';
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
/** Windows of a behaviour before they come again: by then a node's dictionary is told. */
export const differentWindows = 2;
/**
 * How long ago the first window began: long after the pods were made and before the aggregator heard of them, so that
 * nothing changes meanwhile; and so lately that nothing leaves the last hour while it is measured.
 */
export const firstAgeMs = 900_000;

type Window = readonly FlowRecord[];

/** One window of a node, as gRPC is given it. */
export interface NodeFrame {
  readonly frame: wire.Batch;
  readonly rows: number;
  /** In both directions, of all rows. */
  readonly bytes: number;
}

const byteForm = byteFormOf<wire.BatchBody>('weir.v1.BatchBody');

/** The same rows as if they were of that window. */
function moved(rows: RowColumns, { startUnixMs, endUnixMs }: TimeWindow): RowColumns {
  const ageMs = startUnixMs - Math.min(...rows.firstSeenUnixMs);
  const move = (time: number) => Math.min(time + ageMs, endUnixMs);
  return {
    ...rows,
    firstSeenUnixMs: rows.firstSeenUnixMs.map(move),
    lastSeenUnixMs: rows.lastSeenUnixMs.map(move),
  };
}

const parsed = new Map<string, Address>();

/** Each is at the far end of flows of many nodes. */
function address(text: string): Address {
  let known = parsed.get(text);
  if (known === undefined) parsed.set(text, (known = parseAddress(text) as Address));
  return known;
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

  /** The windows of a node one after the other, on one stream, each made when it is asked for. */
  *framesOf(node: number): Generator<NodeFrame, never> {
    const numbers = { pods: new Map<string, number>(), flows: new Map<string, number>() };
    const told: (Omit<NodeFrame, 'frame'> & { readonly body: wire.BatchBody })[] = [];
    const writer = new BatchWriter();
    let previousCrc32 = 0;
    for (const [i, records] of this.#windowsOf(node % behaviours).entries()) {
      const { rows, bytes } = this.#toldBy(node, records, numbers);
      const [sequence, window] = [i + 1, this.#window(i)];
      const batch = {
        epoch: this.#epoch,
        firstSequence: sequence,
        sequence,
        window,
        losses: {},
        rows: moved(rows, window),
      };
      const frame = writer.write(batch, null);
      previousCrc32 = frame.crc32;
      const more = { rows: rows.edges.length, bytes };
      told.push({ ...more, body: byteForm.deserialize(Buffer.from(frame.body)) });
      yield { ...more, frame };
    }
    for (let i = told.length; ; i++) {
      // Rows tell times by their distance to the window's: the same again are the same bytes.
      const { body, ...more } = told[i % told.length] as (typeof told)[number];
      const { startUnixMs, endUnixMs } = this.#window(i);
      const again = {
        ...body,
        id: { epoch: this.#epoch, sequence: i + 1 },
        windowStartUnixMs: startUnixMs,
        windowEndUnixMs: endUnixMs,
        resets: false,
        previousCrc32,
        additions: null,
      };
      const bytes = byteForm.serialize(again);
      previousCrc32 = crc32(bytes);
      yield { ...more, frame: { body: bytes, crc32: previousCrc32 } };
    }
  }

  #window(number: number) {
    const startUnixMs = this.#epoch + number * windowMs;
    return { startUnixMs, endUnixMs: startUnixMs + windowMs };
  }

  /** A window of a behaviour as one node tells it. @param numbers of its pods and flows, by what they are */
  #toldBy(node: number, records: Window, numbers: Record<'pods' | 'flows', Map<string, number>>) {
    const { nodes, pods } = this.#size;
    const numberIn = (known: Map<string, number>, key: string) => {
      const number = known.get(key) ?? known.size;
      known.set(key, number);
      return number;
    };
    const placed = records.map((record) => {
      const { uid } = record.pod;
      const pod = (numberIn(numbers.pods, uid) * nodes + node) % pods;
      const flow = numberIn(numbers.flows, `${uid} ${record.role} ${record.remote} ${record.port}`);
      return this.#placed(record, pod, flow);
    });
    const rows = columnsOf(placed);
    const { bytesToServer, bytesToClient } = rows.counters;
    const bytes = [bytesToServer, bytesToClient].reduce((sum, each) => each.reduce((a, b) => a + b, sum), 0);
    return { rows, bytes };
  }
}
