import { crc32 } from 'node:zlib';
import { addressToBytes } from '../core/address.ts';
import type { CounterName } from '../core/flow.ts';
import { distance, writeColumn } from './column.ts';
import type { ColumnBatch, RowColumns } from './column-batch.ts';
import { encodeLosses } from './convert-coverage.ts';
import { clientsIn, type Dictionary, type DictionaryMark } from './dictionary.ts';
import { byteFormOf } from './load.ts';
import { Numbering, Renumbering } from './numbering.ts';
import { codedOrder, predictions, unitAfter, unitBefore } from './predictions.ts';
import type * as wire from './wire.ts';

function encodeEdges({ edges }: Dictionary, { edges: from, largestRemote: largestBefore }: DictionaryMark): wire.Edges {
  const span = [from, edges.length] as const;
  const pods = edges.pod.subarray(...span);
  let largest = largestBefore;
  const remotes = Array.from(edges.remote.subarray(...span), (remote) => {
    const near = largest + 1;
    largest = Math.max(largest, remote);
    return distance(remote, near);
  });
  return {
    count: edges.length - from,
    pods: writeColumn(Array.from(pods, (pod, i) => distance(pod, i === 0 ? 0 : (pods[i - 1] as number)))),
    roles: writeColumn(edges.role.subarray(...span)),
    protocols: writeColumn(edges.protocol.subarray(...span)),
    directionBy: writeColumn(edges.directionBy.subarray(...span)),
    remotes: writeColumn(remotes),
    ports: writeColumn(edges.port.subarray(...span)),
    seenAs: writeColumn(edges.seenAs.subarray(...span)),
    seenAsPorts: writeColumn(edges.seenAsPort.subarray(...span)),
    remoteNames: writeColumn(edges.name.subarray(...span)),
  };
}

/** What was added to a dictionary since then; null when nothing was. */
function encodeAdditions(dictionary: Dictionary, since: DictionaryMark): wire.Additions | null {
  const pods = dictionary.pods.slice(since.pods);
  const addresses = dictionary.addresses.slice(since.addresses).map(addressToBytes);
  const additions = {
    podNamespaces: pods.map(({ namespace }) => namespace),
    podNames: pods.map(({ name }) => name),
    podUids: pods.map(({ uid }) => uid),
    addresses: Buffer.concat(addresses.flatMap((bytes) => [Buffer.of(bytes.length), bytes])),
    remoteNames: dictionary.names.slice(since.names),
    dropReasons: dictionary.reasons.slice(since.reasons),
    edges: dictionary.edges.length > since.edges ? encodeEdges(dictionary, since) : null,
  };
  const { remoteNames, dropReasons, edges } = additions;
  const some = pods.length > 0 || addresses.length > 0 || remoteNames.length > 0 || dropReasons.length > 0;
  return some || edges !== null ? additions : null;
}

/** Rows in the order of their edges' new numbers. */
interface Ordered {
  readonly edges: readonly number[];
  /** Place i is of row `rows[i]` before. */
  readonly rows: Uint32Array;
}

function inOrder(numbers: readonly number[]): Ordered {
  const rows = Uint32Array.from(numbers, (_, row) => row).sort(
    (a, b) => (numbers[a] as number) - (numbers[b] as number),
  );
  return { rows, edges: Array.from(rows, (row) => numbers[row] as number) };
}

function encodeCounters({ counters, dictionary, edges }: RowColumns, rows: Uint32Array) {
  const columns: Partial<Record<CounterName, Uint8Array>> = {};
  const isClient = clientsIn(edges, dictionary);
  const room = new Float64Array(rows.length);
  for (const name of codedOrder) {
    const predicted = predictions[name]?.(counters, isClient, room);
    const column = counters[name];
    const coded = Float64Array.from(rows, (row) => {
      const value = column[row] as number;
      return predicted === undefined ? value : distance(value, predicted[row] as number);
    });
    columns[name] = writeColumn(coded);
  }
  return columns as Record<CounterName, Uint8Array>;
}

function encodeDrops({ drops }: RowColumns, ordered: Ordered, renumbering: Renumbering) {
  const placeOf = new Uint32Array(ordered.rows.length);
  for (const [place, row] of ordered.rows.entries()) placeOf[row] = place;
  const entries = Array.from(drops.rows, (row, i) => ({ i, row: placeOf[row] as number })).toSorted(
    (a, b) => a.row - b.row || a.i - b.i,
  );
  return {
    dropCount: entries.length,
    dropRows: writeColumn(entries.map(({ row }, at) => row - (entries[at - 1]?.row ?? 0))),
    dropReasons: writeColumn(entries.map(({ i }) => renumbering.reason(drops.reasons[i] as number))),
    dropPackets: writeColumn(entries.map(({ i }) => drops.packets[i] as number)),
  };
}

function encodeRows({ rows, window }: ColumnBatch, ordered: Ordered, renumbering: Renumbering): wire.Rows {
  const first = unitBefore(window.startUnixMs);
  const last = unitAfter(window.endUnixMs);
  const timesOf = (column: Float64Array, unitOf: (time: number) => number, near: number) =>
    writeColumn(Float64Array.from(ordered.rows, (row) => distance(unitOf(column[row] as number), near)));
  return {
    ...encodeCounters(rows, ordered.rows),
    ...encodeDrops(rows, ordered, renumbering),
    count: ordered.rows.length,
    edges: writeColumn(ordered.edges.map((edge, i) => edge - (ordered.edges[i - 1] ?? -1) - 1)),
    firstSeen: timesOf(rows.firstSeenUnixMs, unitBefore, first),
    lastSeen: timesOf(rows.lastSeenUnixMs, unitAfter, last),
  };
}

const byteForm = byteFormOf<wire.BatchBody>('weir.v1.BatchBody');

/** Writes the batches of one stream, each thing that they refer to once. */
export class BatchWriter {
  #numbering = new Numbering();
  #resets = true;
  #previousCrc32 = 0;

  /** The next batch begins the dictionary anew. */
  reset(): void {
    this.#numbering = new Numbering();
    this.#resets = true;
    this.#previousCrc32 = 0;
  }

  /** Entries of that kind of which there are most. */
  get entries(): number {
    return Math.max(...Object.values(this.#numbering.dictionary.sizes));
  }

  /** Edges that were told since the dictionary began. */
  get edges(): number {
    return this.#numbering.dictionary.edges.length;
  }

  /** @param status the agent's state to send along, or null */
  write(batch: ColumnBatch, status: wire.AgentStatus | null): wire.Batch {
    const { epoch, firstSequence, sequence, window, losses, rows } = batch;
    const { dictionary } = this.#numbering;
    const before = dictionary.mark;
    const renumbering = new Renumbering(rows.dictionary, this.#numbering);
    const ordered = inOrder(Array.from(rows.edges, (edge) => renumbering.edge(edge)));
    // Before the additions, because it adds reasons.
    const columns = encodeRows(batch, ordered, renumbering);
    const body = byteForm.serialize({
      id: { epoch, sequence },
      firstSequence: firstSequence === sequence ? 0 : firstSequence,
      windowStartUnixMs: window.startUnixMs,
      windowEndUnixMs: window.endUnixMs,
      losses: encodeLosses(losses),
      status,
      resets: this.#resets,
      previousCrc32: this.#previousCrc32,
      additions: encodeAdditions(dictionary, before),
      rows: ordered.rows.length === 0 ? null : columns,
    });
    this.#resets = false;
    this.#previousCrc32 = crc32(body);
    return { body, crc32: this.#previousCrc32 };
  }
}

/** A batch that refers to nothing but itself: the body of the form in which it is spooled. */
export function encodeAlone(batch: ColumnBatch): Uint8Array {
  return new BatchWriter().write(batch, null).body;
}
