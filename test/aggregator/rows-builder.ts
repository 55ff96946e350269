import { type Lane, laneKey } from '../../aggregator/graph/lane.ts';
import { LaneColumn } from '../../aggregator/graph/lane-column.ts';
import { noNames, type Rows, sumOfDrops, width } from '../../aggregator/graph/rows.ts';
import { mergeNames, type Observation } from '../../core/edge.ts';
import { counterNames, directionEvidence, type Drops, type MutableCounters } from '../../core/flow.ts';

/** Puts rows together: those of equal lanes add up, so that the replicas of a workload become one. */
export class RowsBuilder {
  readonly #rowOf = new Map<string, number>();
  readonly #lanes: Lane[] = [];
  readonly #drops = new Map<number, Drops>();
  readonly #names = new Map<number, readonly string[]>();
  #counts = new Float64Array(16 * width);
  #firstSeen = new Float64Array(16);
  #lastSeen = new Float64Array(16);
  #evidence = new Uint8Array(16);

  add(lane: Lane, { counters, drops, directionBy, serverNames, firstSeenUnixMs, lastSeenUnixMs }: Observation): void {
    const row = this.#row(lane, firstSeenUnixMs);
    for (let i = 0, at = row * width; i < width; i++) {
      this.#counts[at + i] = (this.#counts[at + i] as number) + counters[counterNames[i] as keyof MutableCounters];
    }
    this.#firstSeen[row] = Math.min(this.#firstSeen[row] as number, firstSeenUnixMs);
    this.#lastSeen[row] = Math.max(this.#lastSeen[row] as number, lastSeenUnixMs);
    this.#evidence[row] = Math.max(this.#evidence[row] as number, directionEvidence.indexOf(directionBy));
    for (const _ in drops) {
      this.#drops.set(row, sumOfDrops(this.#drops.get(row), drops));
      break;
    }
    if (serverNames.length > 0) this.#names.set(row, mergeNames(this.#names.get(row) ?? noNames, serverNames));
  }

  #row(lane: Lane, firstSeenUnixMs: number): number {
    const key = laneKey(lane);
    const known = this.#rowOf.get(key);
    if (known !== undefined) return known;
    const row = this.#lanes.push(lane) - 1;
    this.#rowOf.set(key, row);
    if (row === this.#evidence.length) this.#grow();
    this.#firstSeen[row] = firstSeenUnixMs;
    return row;
  }

  #grow(): void {
    const size = this.#evidence.length * 2;
    const [counts, firstSeen, lastSeen, evidence] = [
      new Float64Array(size * width),
      new Float64Array(size),
      new Float64Array(size),
      new Uint8Array(size),
    ];
    counts.set(this.#counts);
    firstSeen.set(this.#firstSeen);
    lastSeen.set(this.#lastSeen);
    evidence.set(this.#evidence);
    [this.#counts, this.#firstSeen, this.#lastSeen, this.#evidence] = [counts, firstSeen, lastSeen, evidence];
  }

  /** To be called once, at the end. */
  finish(): Rows {
    const { length } = this.#lanes;
    return {
      lanes: LaneColumn.of(this.#lanes),
      counters: counterNames.map((_, counter) =>
        Float64Array.from({ length }, (_, row) => this.#counts[row * width + counter] as number),
      ),
      firstSeen: this.#firstSeen.subarray(0, length),
      lastSeen: this.#lastSeen.subarray(0, length),
      evidence: this.#evidence.subarray(0, length),
      drops: this.#drops,
      names: this.#names,
    };
  }
}
