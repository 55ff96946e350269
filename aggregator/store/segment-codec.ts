import type { Observation } from '../../core/edge.ts';
import { counterNames, type Role, zeroCounters } from '../../core/flow.ts';
import type { UnixMs } from '../../core/time.ts';
import { VarintReader, VarintWriter } from './varint.ts';

/** A row of a segment with numbers for its edge and its names, as a driver's dictionaries give them. */
export interface PackedRow {
  readonly edgeId: number;
  readonly reporter: Role;
  /** 0 when there is no Service. */
  readonly serviceId: number;
  readonly observation: Observation;
  /** Drop reasons by number, in place of the observation's names. */
  readonly drops: readonly (readonly [reasonId: number, packets: number])[];
}

const version = 1;

/**
 * Packs rows column by column: version, number of rows, edge numbers as differences, reporter and Service, first
 * sighting after the start of the window, time to the last sighting, which counters are not all zero, those counters,
 * and drops as (row difference, reason, packets). Equal columns of small numbers take one byte a value.
 */
export function packRows(rows: readonly PackedRow[], startUnixMs: UnixMs): Uint8Array {
  const sorted = rows.toSorted((a, b) => a.edgeId - b.edgeId);
  const writer = new VarintWriter();
  writer.write(version);
  writer.write(sorted.length);
  let previous = 0;
  for (const { edgeId } of sorted) {
    writer.write(edgeId - previous);
    previous = edgeId;
  }
  for (const { reporter, serviceId } of sorted) writer.write(serviceId * 2 + (reporter === 'server' ? 1 : 0));
  for (const { observation } of sorted) writer.writeSigned(observation.firstSeenUnixMs - startUnixMs);
  for (const { observation } of sorted) writer.write(observation.lastSeenUnixMs - observation.firstSeenUnixMs);
  const used = counterNames.filter((name) => sorted.some(({ observation }) => observation.counters[name] !== 0));
  writer.write(counterNames.reduce((bits, name, i) => bits | (used.includes(name) ? 1 << i : 0), 0));
  for (const name of used) for (const { observation } of sorted) writer.write(observation.counters[name]);
  const drops = sorted.flatMap(({ drops: own }, row) => own.map(([reasonId, packets]) => ({ row, reasonId, packets })));
  writer.write(drops.length);
  previous = 0;
  for (const { row, reasonId, packets } of drops) {
    writer.write(row - previous);
    writer.write(reasonId);
    writer.write(packets);
    previous = row;
  }
  return writer.finish();
}

/** Reads what packRows wrote. `observation.drops` is empty: the reasons are in `drops`. @throws RangeError */
export function unpackRows(bytes: Uint8Array, startUnixMs: UnixMs): PackedRow[] {
  const reader = new VarintReader(bytes);
  const found = reader.read();
  if (found !== version) throw new RangeError(`the segment has version ${found}, not ${version}`);
  const count = reader.read();
  if (count > bytes.length) throw new RangeError(`${count} rows cannot be in ${bytes.length} bytes`);
  const column = (read: () => number) => Array.from({ length: count }, read);
  let edgeId = 0;
  const edgeIds = column(() => (edgeId += reader.read()));
  const origins = column(() => reader.read());
  const firsts = column(() => startUnixMs + reader.readSigned());
  const spreads = column(() => reader.read());
  const bits = reader.read();
  const counters = column(() => 0).map(zeroCounters);
  for (const [i, name] of counterNames.entries()) {
    if ((bits & (1 << i)) !== 0) for (const each of counters) each[name] = reader.read();
  }
  const drops = new Map<number, [number, number][]>();
  let row = 0;
  for (let left = reader.read(); left > 0; left--) {
    row += reader.read();
    const own = drops.get(row) ?? [];
    own.push([reader.read(), reader.read()]);
    drops.set(row, own);
  }
  return counters.map((each, i) => {
    const firstSeenUnixMs = firsts[i] as number;
    const lastSeenUnixMs = firstSeenUnixMs + (spreads[i] as number);
    const origin = origins[i] as number;
    return {
      edgeId: edgeIds[i] as number,
      reporter: origin % 2 === 1 ? 'server' : 'client',
      serviceId: Math.floor(origin / 2),
      observation: { counters: each, drops: {}, firstSeenUnixMs, lastSeenUnixMs },
      drops: drops.get(i) ?? [],
    };
  });
}
