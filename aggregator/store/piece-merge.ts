import { maxServerNames, mergeNames } from '../../core/edge.ts';
import { counterNames } from '../../core/flow.ts';
import type { UnixMs, Window } from '../../core/time.ts';
import { freeMemory } from '../graph/free-memory.ts';
import { grown } from '../graph/grown.ts';
import { pick } from '../graph/rows.ts';
import { type Column, isZero } from '../../proto/column-batch.ts';
import { orderOf } from './columns.ts';
import type { PackedCoverage, PackedPiece } from './piece-codec.ts';

/** Adds up rows by lane and coverage by node, all by number: neither is named for it. */
export class PieceMerge {
  readonly #rowOf = new Map<number, number>();
  readonly #watched = new Map<number, PackedCoverage>();
  readonly #drops = new Map<number, Map<number, number>>();
  readonly #names = new Map<number, Set<number>>();
  readonly #withoutCounts: boolean;
  #laneIds = new Float64Array(64);
  #counters: readonly Float64Array[] = counterNames.map(() => new Float64Array(64));
  #firstSeen = new Float64Array(64);
  #lastSeen = new Float64Array(64);
  #evidence = new Uint8Array(64);
  #sightings = new Float64Array(64);
  #firstUnixMs: UnixMs = Infinity;
  #lastUnixMs: UnixMs = 0;

  /** @param withoutCounts keeps only who was seen, and when first and last */
  constructor(withoutCounts = false) {
    this.#withoutCounts = withoutCounts;
  }

  get rows(): number {
    return this.#rowOf.size;
  }

  /** From the start of the first window in it to the end of the last. */
  get window(): Window {
    return { startUnixMs: this.#firstUnixMs, endUnixMs: this.#lastUnixMs };
  }

  add({ watched, rows, sightings }: PackedPiece, { startUnixMs, endUnixMs }: Window): void {
    this.#firstUnixMs = Math.min(this.#firstUnixMs, startUnixMs);
    this.#lastUnixMs = Math.max(this.#lastUnixMs, endUnixMs);
    if (!this.#withoutCounts) for (const each of watched) this.#watch(each);
    const { laneIds, counters, firstSeen, lastSeen, evidence, drops, names } = rows;
    const into = new Uint32Array(laneIds.length);
    for (let row = 0; row < laneIds.length; row++) {
      const to = this.#row(laneIds[row] as number);
      into[row] = to;
      if ((firstSeen[row] as number) < (this.#firstSeen[to] as number)) this.#firstSeen[to] = firstSeen[row] as number;
      if ((lastSeen[row] as number) > (this.#lastSeen[to] as number)) this.#lastSeen[to] = lastSeen[row] as number;
      if (this.#withoutCounts) continue;
      if ((evidence[row] as number) > (this.#evidence[to] as number)) this.#evidence[to] = evidence[row] as number;
      this.#sightings[to] = (this.#sightings[to] as number) + (sightings === null ? 1 : (sightings[row] as number));
    }
    if (this.#withoutCounts) return;
    for (const [counter, column] of counters.entries()) this.#addColumn(counter, column, into);
    for (const [row, reasonId, packets] of drops) {
      const of = mapAt(this.#drops, into[row] as number);
      of.set(reasonId, (of.get(reasonId) ?? 0) + packets);
    }
    for (const [row, nameId] of names) {
      const to = into[row] as number;
      const of = this.#names.get(to);
      if (of === undefined) this.#names.set(to, new Set([nameId]));
      else of.add(nameId);
    }
  }

  #addColumn(counter: number, column: Column, into: Uint32Array): void {
    if (isZero(column)) return;
    const sums = this.#counters[counter] as Float64Array;
    for (let row = 0; row < into.length; row++) {
      const to = into[row] as number;
      sums[to] = (sums[to] as number) + (column[row] as number);
    }
  }

  #row(laneId: number): number {
    const known = this.#rowOf.get(laneId);
    if (known !== undefined) return known;
    const row = this.#rowOf.size;
    if (row === this.#laneIds.length) this.#grow(row * 2);
    this.#rowOf.set(laneId, row);
    this.#laneIds[row] = laneId;
    this.#firstSeen[row] = Infinity;
    return row;
  }

  #grow(size: number): void {
    const before = this.#memory;
    this.#laneIds = grown(this.#laneIds, new Float64Array(size));
    this.#counters = this.#counters.map((column) => grown(column, new Float64Array(size)));
    this.#firstSeen = grown(this.#firstSeen, new Float64Array(size));
    this.#lastSeen = grown(this.#lastSeen, new Float64Array(size));
    this.#evidence = grown(this.#evidence, new Uint8Array(size));
    this.#sightings = grown(this.#sightings, new Float64Array(size));
    freeMemory(before);
  }

  get #memory(): readonly ArrayBufferLike[] {
    const columns = [this.#laneIds, this.#firstSeen, this.#lastSeen, this.#evidence, this.#sightings];
    return [...columns, ...this.#counters].map(({ buffer }) => buffer);
  }

  /** Nobody asks it for anything any more. */
  end(): void {
    freeMemory(this.#memory);
  }

  #watch(more: PackedCoverage): void {
    const before = this.#watched.get(more.nodeId);
    if (before === undefined) {
      this.#watched.set(more.nodeId, more);
      return;
    }
    const losses = new Map(before.losses);
    for (const [stageId, events] of more.losses) losses.set(stageId, (losses.get(stageId) ?? 0) + events);
    const last = Math.max(before.lastIncompleteUnixMs ?? 0, more.lastIncompleteUnixMs ?? 0);
    this.#watched.set(more.nodeId, {
      nodeId: more.nodeId,
      windows: before.windows + more.windows,
      incompleteWindows: before.incompleteWindows + more.incompleteWindows,
      lastIncompleteUnixMs: last === 0 ? null : last,
      losses: [...losses],
    });
  }

  /** Names of which some have to be left out, for want of room in a row: their texts decide which. */
  namesTooMany(): ReadonlySet<number> {
    return new Set([...this.#names.values()].filter(({ size }) => size > maxServerNames).flatMap((ids) => [...ids]));
  }

  /** Leaves out the names that a row has no room for. @param text of the ids of namesTooMany */
  boundNames(text: (id: number) => string): void {
    for (const [row, ids] of this.#names) {
      if (ids.size <= maxServerNames) continue;
      const kept = new Set(
        [...ids].map(text).reduce<readonly string[]>((names, each) => mergeNames(names, [each]), []),
      );
      this.#names.set(row, new Set([...ids].filter((id) => kept.has(text(id)))));
    }
  }

  /** Leaves out what was not seen since then, and of the rest all but the latest. */
  forget(beforeUnixMs: UnixMs, most: number): void {
    const rows = [...this.#rowOf.values()].filter((row) => (this.#lastSeen[row] as number) >= beforeUnixMs);
    const kept = rows.toSorted((a, b) => (this.#lastSeen[b] as number) - (this.#lastSeen[a] as number)).slice(0, most);
    const stay = new Set(kept);
    for (const [laneId, row] of this.#rowOf) if (!stay.has(row)) this.#rowOf.delete(laneId);
  }

  /** What it comes to, cut into pieces of so many rows. Only the first tells what was watched. */
  *parts(partRows: number): Generator<PackedPiece> {
    const kept = Uint32Array.from(this.#rowOf.values());
    const rows = orderOf({ laneIds: Float64Array.from(kept, (row) => this.#laneIds[row] as number) }).map(
      (i) => kept[i] as number,
    );
    const watched = [...this.#watched.values()].toSorted((a, b) => a.nodeId - b.nodeId);
    for (let from = 0; from === 0 || from < rows.length; from += partRows) {
      const cut = this.#cut(rows.subarray(from, from + partRows));
      yield { ...cut, watched: from === 0 ? watched : [] };
    }
  }

  #cut(rows: Uint32Array): Omit<PackedPiece, 'watched'> {
    const drops: [number, number, number][] = [];
    const names: [number, number][] = [];
    for (const [to, row] of rows.entries()) {
      for (const [reasonId, packets] of this.#drops.get(row) ?? []) drops.push([to, reasonId, packets]);
      for (const nameId of this.#names.get(row) ?? []) names.push([to, nameId]);
    }
    return {
      sightings: pick(this.#sightings, rows),
      rows: {
        laneIds: pick(this.#laneIds, rows),
        counters: this.#counters.map((column) => pick(column, rows)),
        firstSeen: pick(this.#firstSeen, rows),
        lastSeen: pick(this.#lastSeen, rows),
        evidence: Uint8Array.from(rows, (row) => this.#evidence[row] as number),
        drops,
        names,
      },
    };
  }
}

function mapAt(maps: Map<number, Map<number, number>>, key: number): Map<number, number> {
  let map = maps.get(key);
  if (map === undefined) maps.set(key, (map = new Map()));
  return map;
}
