import { Counter, type Registry } from 'prom-client';
import { counterNames, directionOf } from '../../core/flow.ts';
import { type Entity, namespaceOf } from '../../core/identity.ts';
import type { Verdict } from '../../core/verdict.ts';
import type { Column } from '../../proto/column-batch.ts';
import type { Lane } from '../graph/lane.ts';
import { LaneNotes, unnoted } from '../graph/lane-notes.ts';
import type { Segment } from '../graph/segment.ts';
import { type Reporting, RowVerdicts } from './row-verdicts.ts';

const labelNames = ['direction', 'verdict', 'source_namespace', 'destination_namespace', 'protocol'] as const;
type Labels = Readonly<Record<(typeof labelNames)[number], string>>;
type LaneLabels = Omit<Labels, 'verdict'>;

/** Stands for the namespaces, or the stage, of what no series of its own is left for. */
const overflowLabel = '(other)';

/** How many stages of loss have series of their own: agents name them. */
const maxStages = 50;

/** What stands for a namespace where an entity has none. */
function placeOf(entity: Entity): string {
  return namespaceOf(entity) ?? `(${entity.type})`;
}

function labelsOf({ edge, reporter }: Lane): LaneLabels {
  const { client, server, protocol } = edge;
  return {
    direction: directionOf(reporter),
    source_namespace: placeOf(client),
    destination_namespace: placeOf(server),
    protocol,
  };
}

type LabelledCounter = ReturnType<Counter['labels']>;

/** Where the rows of a group with one verdict are counted. */
interface Series {
  readonly flows: LabelledCounter;
  readonly bytes: LabelledCounter;
  /** Whether it stands for series that there was no room for. */
  readonly folded: boolean;
  /** Since the last scrape: to move a counter costs more than all else that is done for a row here. */
  newFlows: number;
  newBytes: number;
}

/** Lanes that are counted alike: to look each up by its labels would take longer than to count it. */
interface LaneGroup extends Reporting {
  readonly labels: LaneLabels;
  readonly series: Partial<Record<Verdict, Series>>;
}

const [toServer, toClient] = [counterNames.indexOf('bytesToServer'), counterNames.indexOf('bytesToClient')];

/**
 * Traffic by namespaces, never by pod or address. Each end's reports are their own series (direction egress is what
 * clients reported, ingress what servers did), so sum over one direction. The number of series is bounded: what comes
 * when all are taken is counted without its namespaces.
 */
export class TrafficMetrics {
  readonly #flows: Counter;
  readonly #bytes: Counter;
  readonly #events: Counter;
  readonly #folded: Counter;
  readonly #maxSeries: number;
  readonly #series = new Map<string, Series>();
  /** As many as there may be series, and those of what there is no room for. */
  readonly #groups: LaneGroup[] = [];
  readonly #groupOf = new Map<string, number>();
  readonly #noted = new LaneNotes();
  readonly #stages = new Set<string>();

  constructor(registry: Registry, maxSeries: number) {
    const registers = [registry];
    // Whichever is read first tells all.
    const collect = () => this.#tell();
    this.#maxSeries = maxSeries;
    this.#flows = new Counter({
      name: 'weir_flows_total',
      help: 'Flow records committed: one for each edge, reporting end and window.',
      labelNames,
      registers,
      collect,
    });
    this.#bytes = new Counter({
      name: 'weir_bytes_total',
      help: 'Bytes in both directions as the reporting end counted them.',
      labelNames,
      registers,
      collect,
    });
    this.#events = new Counter({
      name: 'weir_agent_events_lost_total',
      help: 'Events that agents, or the way from them, could not keep, by stage.',
      labelNames: ['stage'],
      registers,
    });
    this.#folded = new Counter({
      name: 'weir_metrics_series_folded_total',
      help: 'Flow records that were counted under (other) because every series was taken.',
      registers,
      collect,
    });
  }

  count({ rows, losses }: Segment): void {
    const { among, at } = rows.lanes;
    const noted = this.#noted.of(among);
    const verdicts = new RowVerdicts(rows);
    const [bytesToServer, bytesToClient] = [rows.counters[toServer] as Column, rows.counters[toClient] as Column];
    for (let row = 0; row < at.length; row++) {
      const place = at[row] as number;
      let number = noted[place] as number;
      if (number === unnoted) noted[place] = number = this.#groupOfLane(among[place] as Lane);
      const group = this.#groups[number] as LaneGroup;
      const verdict = verdicts.at(row, group);
      const series = (group.series[verdict] ??= this.#boundedSeries(withVerdict(group.labels, verdict)));
      series.newFlows++;
      series.newBytes += (bytesToServer[row] as number) + (bytesToClient[row] as number);
    }
    for (const [stage, events] of Object.entries(losses))
      this.#events.inc({ stage: this.#boundedStage(stage) }, events);
  }

  #tell(): void {
    for (const series of this.#series.values()) {
      if (series.newFlows === 0) continue;
      series.flows.inc(series.newFlows);
      series.bytes.inc(series.newBytes);
      if (series.folded) this.#folded.inc(series.newFlows);
      series.newFlows = series.newBytes = 0;
    }
  }

  #boundedStage(stage: string): string {
    if (this.#stages.size < maxStages) this.#stages.add(stage);
    return this.#stages.has(stage) ? stage : overflowLabel;
  }

  /** @returns the number of the group */
  #groupOfLane(lane: Lane): number {
    const own = labelsOf(lane);
    const isKnown = this.#groupOf.has(keyOf(own));
    // Each group has a series, so there is none either of what has no group.
    const labels = isKnown || this.#groupOf.size < this.#maxSeries ? own : foldedOf(own);
    const key = keyOf(labels);
    let number = this.#groupOf.get(key);
    if (number === undefined) {
      const { protocol } = lane.edge;
      number = this.#groups.push({ labels, protocol, isClient: lane.reporter === 'client', series: {} }) - 1;
      this.#groupOf.set(key, number);
    }
    return number;
  }

  #boundedSeries(labels: Labels): Series {
    const folded = !this.#series.has(keyOf(labels)) && this.#series.size >= this.#maxSeries;
    const bounded = folded ? foldedOf(labels) : labels;
    const key = keyOf(bounded);
    let series = this.#series.get(key);
    if (series === undefined) {
      const [flows, bytes] = [this.#flows.labels(bounded), this.#bytes.labels(bounded)];
      series = { flows, bytes, folded, newFlows: 0, newBytes: 0 };
      this.#series.set(key, series);
    }
    return series;
  }
}

/** In the order of labelNames, in which they are shown. */
function withVerdict({ direction, ...places }: LaneLabels, verdict: Verdict): Labels {
  return { direction, verdict, ...places };
}

function foldedOf<Some extends LaneLabels>(labels: Some): Some {
  return { ...labels, source_namespace: overflowLabel, destination_namespace: overflowLabel };
}

function keyOf(labels: LaneLabels & Partial<Labels>): string {
  return labelNames.map((name) => labels[name] ?? '').join(' ');
}
