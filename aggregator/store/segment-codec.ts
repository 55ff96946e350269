import type { Observation } from '../../core/edge.ts';
import { counterNames, directionEvidence, type Role, zeroCounters } from '../../core/flow.ts';
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
  /** The server's names by number, in place of the observation's. */
  readonly serverNameIds: readonly number[];
}

const version = 2;

/** Writes what only some rows have: how many entries, then for each the difference of its row and its numbers. */
function writeEntries(writer: VarintWriter, byRow: readonly (readonly (readonly number[])[])[]): void {
  const entries = byRow.flatMap((own, row) => own.map((numbers) => ({ row, numbers })));
  writer.write(entries.length);
  let previous = 0;
  for (const { row, numbers } of entries) {
    writer.write(row - previous);
    for (const number of numbers) writer.write(number);
    previous = row;
  }
}

/** Reads what writeEntries wrote, by row. @param readNumbers reads the numbers of one entry */
function readEntries<Entry>(reader: VarintReader, readNumbers: () => Entry): ReadonlyMap<number, readonly Entry[]> {
  const byRow = new Map<number, Entry[]>();
  let row = 0;
  for (let left = reader.read(); left > 0; left--) {
    row += reader.read();
    const own = byRow.get(row) ?? [];
    own.push(readNumbers());
    byRow.set(row, own);
  }
  return byRow;
}

/**
 * Packs rows column by column: version, number of rows, edge numbers as differences, reporter and Service, evidence of
 * direction, first sighting after the start of the window, time to the last sighting, which counters are not all zero,
 * those counters, drops as (row difference, reason, packets), and names as (row difference, name). Equal columns of
 * small numbers take one byte a value.
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
  for (const { observation } of sorted) writer.write(directionEvidence.indexOf(observation.directionBy));
  for (const { observation } of sorted) writer.writeSigned(observation.firstSeenUnixMs - startUnixMs);
  for (const { observation } of sorted) writer.write(observation.lastSeenUnixMs - observation.firstSeenUnixMs);
  const used = counterNames.filter((name) => sorted.some(({ observation }) => observation.counters[name] !== 0));
  writer.write(counterNames.reduce((bits, name, i) => bits | (used.includes(name) ? 1 << i : 0), 0));
  for (const name of used) for (const { observation } of sorted) writer.write(observation.counters[name]);
  writeEntries(
    writer,
    sorted.map(({ drops }) => drops),
  );
  writeEntries(
    writer,
    sorted.map(({ serverNameIds }) => serverNameIds.map((id) => [id])),
  );
  return writer.finish();
}

function readEvidence(reader: VarintReader): Observation['directionBy'] {
  const index = reader.read();
  const evidence = directionEvidence[index];
  if (evidence === undefined) throw new RangeError(`no evidence of direction has the number ${index}`);
  return evidence;
}

/**
 * Reads what packRows wrote. The observation's `drops` and `serverNames` are empty: their numbers are beside it.
 * @throws RangeError
 */
export function unpackRows(bytes: Uint8Array, startUnixMs: UnixMs): PackedRow[] {
  const reader = new VarintReader(bytes);
  const found = reader.read();
  if (found !== version) throw new RangeError(`the segment has version ${found}, not ${version}`);
  const count = reader.read();
  if (count > bytes.length) throw new RangeError(`${count} rows cannot be in ${bytes.length} bytes`);
  const column = <Value>(read: () => Value) => Array.from({ length: count }, read);
  let edgeId = 0;
  const edgeIds = column(() => (edgeId += reader.read()));
  const origins = column(() => reader.read());
  const evidence = column(() => readEvidence(reader));
  const firsts = column(() => startUnixMs + reader.readSigned());
  const spreads = column(() => reader.read());
  const bits = reader.read();
  const counters = column(() => 0).map(zeroCounters);
  for (const [i, name] of counterNames.entries()) {
    if ((bits & (1 << i)) !== 0) for (const each of counters) each[name] = reader.read();
  }
  const drops = readEntries<[number, number]>(reader, () => [reader.read(), reader.read()]);
  const serverNameIds = readEntries(reader, () => reader.read());
  return counters.map((each, i) => {
    const firstSeenUnixMs = firsts[i] as number;
    const lastSeenUnixMs = firstSeenUnixMs + (spreads[i] as number);
    const origin = origins[i] as number;
    return {
      edgeId: edgeIds[i] as number,
      reporter: origin % 2 === 1 ? 'server' : 'client',
      serviceId: Math.floor(origin / 2),
      observation: {
        counters: each,
        drops: {},
        directionBy: evidence[i] as Observation['directionBy'],
        serverNames: [],
        firstSeenUnixMs,
        lastSeenUnixMs,
      },
      drops: drops.get(i) ?? [],
      serverNameIds: serverNameIds.get(i) ?? [],
    };
  });
}
