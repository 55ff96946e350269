import { Counter, type Registry } from 'prom-client';
import { verdictOf } from '../../core/edge.ts';
import { counterNames, directionOf, type Protocol } from '../../core/flow.ts';
import { type Entity, namespaceOf } from '../../core/identity.ts';
import type { Verdict } from '../../core/verdict.ts';
import type { Column } from '../../proto/column-batch.ts';
import type { Lane } from '../graph/lane.ts';
import { observationAt, type Rows } from '../graph/rows.ts';
import type { Segment } from '../graph/segment.ts';

const labelNames = ['direction', 'verdict', 'source_namespace', 'destination_namespace', 'protocol'] as const;
type Labels = Readonly<Record<(typeof labelNames)[number], string>>;

/** Stands for the namespaces, or the stage, of what no series of its own is left for. */
const overflowLabel = '(other)';

/** How many stages of loss have series of their own: agents name them. */
const maxStages = 50;

/** What stands for a namespace where an entity has none. */
function placeOf(entity: Entity): string {
  return namespaceOf(entity) ?? `(${entity.type})`;
}

function labelsOf({ edge, reporter }: Lane, verdict: Verdict): Labels {
  const { client, server, protocol } = edge;
  return {
    direction: directionOf(reporter),
    verdict,
    source_namespace: placeOf(client),
    destination_namespace: placeOf(server),
    protocol,
  };
}

const toServer = counterNames.indexOf('bytesToServer');
const toClient = counterNames.indexOf('bytesToClient');
const established = counterNames.indexOf('established');

/** What the reporting end alone makes of a row. */
function verdictAt(rows: Rows, row: number, { protocol, isClient }: LaneGroup): Verdict {
  // What verdictOf asks first, without an object for each row: most rows are of connections that came through.
  if (protocol === 'TCP') {
    const { counters } = rows;
    const carried = counters[isClient ? toClient : toServer] as Column;
    if (((counters[established] as Column)[row] as number) > 0 || (carried[row] as number) > 0) return 'forwarded';
  }
  const observation = observationAt(rows, row);
  return verdictOf(protocol, isClient ? observation : null, isClient ? null : observation);
}

type LabelledCounter = ReturnType<Counter['labels']>;

/** Where the rows of a lane with one verdict are counted. */
interface Series {
  readonly flows: LabelledCounter;
  readonly bytes: LabelledCounter;
  /** Whether it stands for series that there was no room for. */
  readonly folded: boolean;
  /** Since the last scrape: to move a counter costs more than all else that is done for a row here. */
  newFlows: number;
  newBytes: number;
}

/** Lanes that are counted alike, which are told so: to look each up by its labels would take longer than to count it. */
class LaneGroup {
  readonly owner: TrafficMetrics;
  readonly protocol: Protocol;
  readonly isClient: boolean;
  readonly series: Partial<Record<Verdict, Series>> = {};

  constructor(owner: TrafficMetrics, { edge, reporter }: Lane) {
    this.owner = owner;
    this.protocol = edge.protocol;
    this.isClient = reporter === 'client';
  }
}

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
  /** By labels, as many as there may be series; lanes beyond them have groups of their own. */
  readonly #groups = new Map<string, LaneGroup>();
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
    const { lanes, counters } = rows;
    const [bytesToServer, bytesToClient] = [counters[toServer] as Column, counters[toClient] as Column];
    for (let row = 0; row < lanes.length; row++) {
      const lane = lanes[row] as Lane;
      const group = this.#groupOf(lane);
      const verdict = verdictAt(rows, row, group);
      const series = (group.series[verdict] ??= this.#boundedSeries(labelsOf(lane, verdict)));
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

  #groupOf(lane: Lane): LaneGroup {
    const noted = lane.countedUnder;
    if (noted instanceof LaneGroup && noted.owner === this) return noted;
    const key = keyOf(labelsOf(lane, 'forwarded'));
    let group = this.#groups.get(key);
    if (group === undefined) {
      group = new LaneGroup(this, lane);
      if (this.#groups.size < this.#maxSeries) this.#groups.set(key, group);
    }
    lane.countedUnder = group;
    return group;
  }

  #boundedSeries(labels: Labels): Series {
    const folded = !this.#series.has(keyOf(labels)) && this.#series.size >= this.#maxSeries;
    const bounded = folded
      ? { ...labels, source_namespace: overflowLabel, destination_namespace: overflowLabel }
      : labels;
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

function keyOf(labels: Labels): string {
  return labelNames.map((name) => labels[name]).join(' ');
}
