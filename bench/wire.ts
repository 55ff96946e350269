import { setImmediate as turn } from 'node:timers/promises';
import type { Bench, Result, Run } from './bench.ts';
import { NodeFlows } from './node-flows.ts';
import { median, rounded, sum } from './statistics.ts';
import type { ColumnBatch } from '../proto/column-batch.ts';
import { BatchReader } from '../proto/decode-batch.ts';
import { BatchWriter } from '../proto/encode-batch.ts';
import { defaultLimits } from '../proto/limits.ts';
import { byteFormOf } from '../proto/load.ts';
import { columnsOf } from '../proto/row-sums.ts';
import type * as wire from '../proto/wire.ts';

/** An hour at 15 s. */
const windows = 240;
const windowMs = 15_000;
const pods = 30;
const rowsPerWindow = 400;
/** From the least to the most that the load model has; each round has one of them. */
const churns = [0.01, 0.02, 0.03, 0.04, 0.05];

const frameForm = byteFormOf<wire.PushRequest>('weir.v1.PushRequest');

interface WireRound {
  readonly firstBatchBytes: number;
  /** All bytes of all frames behind the first, as gRPC is given them, by all of their rows. */
  readonly bytesPerRow: number;
  readonly encodedPerSecond: number;
  readonly decodedPerSecond: number;
}

function batchesOf(seed: number, churnPerMinute: number): ColumnBatch[] {
  const flows = new NodeFlows({ seed, pods, rowsPerWindow, windowMs, churnPerMinute });
  return Array.from({ length: windows }, (_, i) => {
    const { records, ...window } = flows.next();
    const sequence = i + 1;
    return {
      epoch: 1_800_000_000_000,
      firstSequence: sequence,
      sequence,
      window,
      losses: {},
      rows: columnsOf(records),
    };
  });
}

/** @throws Error when what is read is not what was written: then no figure is worth anything */
function measureRound(seed: number, churn: number): WireRound {
  const batches = batchesOf(seed, churn);
  const rows = sum(batches.map((batch) => batch.rows.edges.length));
  const writer = new BatchWriter();
  const beforeWriting = performance.now();
  const frames = batches.map((batch) => writer.write(batch, null));
  const writingMs = performance.now() - beforeWriting;
  const reader = new BatchReader(defaultLimits);
  const beforeReading = performance.now();
  const read = frames.map((frame) => reader.read(frame));
  const readingMs = performance.now() - beforeReading;
  for (const [i, each] of read.entries()) {
    if (each.type !== 'read') throw new Error(each.message);
    const sent = batches[i]?.rows.counters.bytesToClient ?? [];
    if (sum([...each.batch.rows.counters.bytesToClient]) !== sum([...sent]))
      throw new Error('counts changed on the way');
  }
  const sizes = frames.map((batch) => frameForm.serialize({ frame: 'batch', batch }).length);
  const firstRows = batches[0]?.rows.edges.length ?? 0;
  return {
    firstBatchBytes: sizes[0] ?? Number.NaN,
    bytesPerRow: sum(sizes.slice(1)) / (rows - firstRows),
    encodedPerSecond: (1000 * rows) / writingMs,
    decodedPerSecond: (1000 * rows) / readingMs,
  };
}

async function measure(run: Run): Promise<Result> {
  const rounds: WireRound[] = [];
  for (let round = 0; round < run.rounds; round++) {
    const churn = churns[round % churns.length] as number;
    rounds.push(measureRound(round + 1, churn));
    run.progress(`${churn * 100} % of the pods replaced a minute, round ${round + 1} of ${run.rounds}`);
    // So that a signal is heard.
    await turn();
    run.abort.throwIfAborted();
  }
  const bytesPerRow = rounds.map((round) => round.bytesPerRow);
  return {
    json: { bytes_per_row: rounded(median(bytesPerRow), 2) },
    figures: [
      { label: 'bytes a row, settled', unit: 'bytes', perRound: bytesPerRow, bar: { atMost: 12 } },
      { label: 'first batch of a stream', unit: 'bytes', perRound: rounds.map((round) => round.firstBatchBytes) },
      { label: 'rows written a second', unit: '', perRound: rounds.map((round) => round.encodedPerSecond) },
      { label: 'rows read a second', unit: '', perRound: rounds.map((round) => round.decodedPerSecond) },
    ],
  };
}

/**
 * What a node costs the network: an hour of a node with 30 pods and 400 rows a window is written as an agent writes it
 * to one stream, and read as an aggregator reads it. `bytes_per_row` is everything behind the first batch, new pods and
 * new edges included, but without HTTP/2's and TCP's own.
 */
export const wireBench: Bench = {
  name: 'wire',
  sentence: 'How many bytes a row takes on the way from an agent to the aggregator.',
  rounds: churns.length,
  seconds: 1,
  run: measure,
};
