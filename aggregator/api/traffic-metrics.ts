import { Counter, type Registry } from 'prom-client';
import { type Observation, verdictOf } from '../../core/edge.ts';
import { directionOf } from '../../core/flow.ts';
import { type Entity, namespaceOf } from '../../core/identity.ts';
import type { Lane } from '../graph/lane.ts';
import { observationAt } from '../graph/rows.ts';
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

function labelsOf({ edge, reporter }: Lane, observation: Observation): Labels {
  const { client, server, protocol } = edge;
  return {
    direction: directionOf(reporter),
    verdict: verdictOf(
      protocol,
      reporter === 'client' ? observation : null,
      reporter === 'server' ? observation : null,
    ),
    source_namespace: placeOf(client),
    destination_namespace: placeOf(server),
    protocol,
  };
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
  readonly #series = new Set<string>();
  readonly #stages = new Set<string>();

  constructor(registry: Registry, maxSeries: number) {
    const registers = [registry];
    this.#maxSeries = maxSeries;
    this.#flows = new Counter({
      name: 'weir_flows_total',
      help: 'Flow records committed: one for each edge, reporting end and window.',
      labelNames,
      registers,
    });
    this.#bytes = new Counter({
      name: 'weir_bytes_total',
      help: 'Bytes in both directions as the reporting end counted them.',
      labelNames,
      registers,
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
    });
  }

  count({ rows, losses }: Segment): void {
    for (const [row, lane] of rows.lanes.entries()) {
      const observation = observationAt(rows, row);
      const labels = this.#bounded(labelsOf(lane, observation));
      const { bytesToServer, bytesToClient } = observation.counters;
      this.#flows.inc(labels);
      this.#bytes.inc(labels, bytesToServer + bytesToClient);
    }
    for (const [stage, events] of Object.entries(losses))
      this.#events.inc({ stage: this.#boundedStage(stage) }, events);
  }

  #boundedStage(stage: string): string {
    if (this.#stages.size < maxStages) this.#stages.add(stage);
    return this.#stages.has(stage) ? stage : overflowLabel;
  }

  #bounded(labels: Labels): Labels {
    const key = labelNames.map((name) => labels[name]).join(' ');
    if (this.#series.has(key)) return labels;
    if (this.#series.size < this.#maxSeries) {
      this.#series.add(key);
      return labels;
    }
    this.#folded.inc();
    return { ...labels, source_namespace: overflowLabel, destination_namespace: overflowLabel };
  }
}
