import { createServer, type Server, type ServerResponse } from 'node:http';
import { Counter, Gauge, Registry } from 'prom-client';
import { messageOf, WeirError } from '../core/errors.ts';
import { version } from '../core/version.ts';
import type { ExportLedger } from './export/exporter.ts';
import type { FoldLedger } from './fold/fold.ts';
import { allMeans, unresolvedReasons } from './identity/join.ts';
import type { NodePodsSource } from './identity/node-pods.ts';
import { countInterfaces, type InterfacesView } from './identity/status.ts';
import type { NamesLedger } from './names/names.ts';
import { statistics as kernelStatistics } from './source/layout.ts';
import type { Source } from './source/source.ts';
import type { Spool } from './spool/spool.ts';

/** Where the figures are taken from, at each scrape. */
export interface MetricSources {
  readonly source: Source;
  readonly interfaces: InterfacesView;
  readonly nodePods: NodePodsSource;
  readonly fold: { readonly ledger: FoldLedger };
  readonly names: { readonly ledger: NamesLedger };
  readonly spool: Spool;
  readonly exporter: { readonly ledger: ExportLedger };
}

type MetricClass<Metric> = new (configuration: {
  name: string;
  help: string;
  labelNames: string[];
  registers: Registry[];
  collect: () => void;
}) => Metric;

/** Adds a metric whose value is read from a ledger when it is scraped. */
function onScrape<Metric extends Counter | Gauge>(
  MetricOf: MetricClass<Metric>,
  registry: Registry,
  name: string,
  help: string,
  labelNames: string[],
  read: (into: Metric) => void,
): void {
  const collect = () => {
    metric.reset();
    read(metric);
  };
  const metric = new MetricOf({ name, help, labelNames, registers: [registry], collect });
}

/** The agent's metrics. Every label has a fixed set of values: nothing here grows with traffic. */
export function agentRegistry(from: MetricSources): Registry {
  const registry = new Registry();
  onScrape(
    Gauge,
    registry,
    'weir_build_info',
    'Version of this process; always 1.',
    ['version', 'component'],
    (into) => {
      into.set({ version, component: 'agent' }, 1);
    },
  );
  onScrape(
    Gauge,
    registry,
    'weir_agent_feature_active',
    'Whether a part of the agent is on; weir status says why it is not.',
    ['feature'],
    (into) => {
      const features = [...from.source.features, from.nodePods.feature];
      for (const { name, active } of features) into.set({ feature: name }, active ? 1 : 0);
    },
  );
  onScrape(Gauge, registry, 'weir_agent_map_entries', "Entries in the kernel's edge maps.", ['map'], (into) => {
    for (const [map, entries] of Object.entries(from.source.mapEntries())) into.set({ map }, entries);
  });
  onScrape(Counter, registry, 'weir_agent_events_lost_total', 'Events in no window, by stage.', ['stage'], (into) => {
    const sums = from.source.statistics();
    for (const { name, loss } of kernelStatistics) if (loss) into.inc({ stage: name }, sums[name] ?? 0);
    into.inc({ stage: 'identity' }, from.fold.ledger.unnamed);
    into.inc({ stage: 'spool' }, from.spool.ledger.droppedRecords);
  });
  onScrape(
    Counter,
    registry,
    'weir_agent_events_ignored_total',
    'Kernel events in no edge, or in one by way of the overflow ring, by cause. None is lost.',
    ['cause'],
    (into) => {
      const sums = from.source.statistics();
      for (const { name, loss } of kernelStatistics) if (!loss) into.inc({ cause: name }, sums[name] ?? 0);
    },
  );
  onScrape(
    Counter,
    registry,
    'weir_agent_edges_total',
    'Edge deltas read from the kernel, by fate.',
    ['fate'],
    (into) => {
      const { folded, foreign, unnamed } = from.fold.ledger;
      for (const [fate, edges] of Object.entries({ folded, foreign, unnamed })) into.inc({ fate }, edges);
    },
  );
  onScrape(Counter, registry, 'weir_agent_dns_payloads_total', 'DNS payloads to pods, by fate.', ['fate'], (into) => {
    const { learned, partial, unreadable, unnamed, unread } = from.names.ledger;
    const fates = { learned, partial, unreadable, unnamed, unread };
    for (const [fate, count] of Object.entries(fates)) into.inc({ fate }, count);
  });
  onScrape(Gauge, registry, 'weir_agent_edges_held', 'Edge deltas that wait for the name of their pod.', [], (into) => {
    into.set(from.fold.ledger.held);
  });
  onScrape(Gauge, registry, 'weir_agent_interfaces', 'Pod interfaces that are watched.', ['state'], (into) => {
    into.set({ state: 'resolved' }, 0);
    into.set({ state: 'unresolved' }, 0);
    for (const { resolution } of from.interfaces.attached) into.inc({ state: resolution.state });
  });
  onScrape(
    Gauge,
    registry,
    'weir_agent_interfaces_resolved',
    'Pod interfaces whose pod is known, by the means that it is known by.',
    ['means'],
    (into) => {
      const { byMeans } = countInterfaces(from.interfaces);
      for (const means of allMeans) into.set({ means }, byMeans[means] ?? 0);
    },
  );
  onScrape(
    Gauge,
    registry,
    'weir_agent_interfaces_unresolved',
    'Pod interfaces whose pod is not known, by reason.',
    ['reason'],
    (into) => {
      const { byReason } = countInterfaces(from.interfaces);
      for (const reason of unresolvedReasons) into.set({ reason }, byReason[reason] ?? 0);
    },
  );
  onScrape(
    Gauge,
    registry,
    'weir_agent_identity_source_up',
    'Whether a source of identities serves; weir status says why it does not.',
    ['source'],
    (into) => {
      for (const { name, state } of from.interfaces.sources) into.set({ source: name }, state === 'ok' ? 1 : 0);
    },
  );
  onScrape(
    Counter,
    registry,
    'weir_agent_batches_total',
    'Batches, by what was done with them.',
    ['result'],
    (into) => {
      const { acknowledged, droppedBatches, mergedBatches } = from.spool.ledger;
      into.inc({ result: 'sent' }, from.exporter.ledger.sent);
      into.inc({ result: 'acknowledged' }, acknowledged);
      into.inc({ result: 'dropped' }, droppedBatches);
      into.inc({ result: 'merged' }, mergedBatches);
    },
  );
  onScrape(Gauge, registry, 'weir_agent_batches_pending', 'Batches not yet acknowledged.', [], (into) => {
    into.set(from.spool.ledger.pending);
  });
  onScrape(Gauge, registry, 'weir_agent_spool_bytes', 'Size of the files of the spool.', [], (into) => {
    into.set(from.spool.ledger.bytes);
  });
  onScrape(
    Counter,
    registry,
    'weir_agent_spool_damaged_bytes_total',
    'Bytes of the spool that were not as they had been written, such as a batch that was being written at a kill.',
    [],
    (into) => into.inc(from.spool.ledger.damagedBytes),
  );
  onScrape(
    Counter,
    registry,
    'weir_agent_dictionaries_asked_total',
    'How often the aggregator asked for the dictionary anew.',
    [],
    (into) => into.inc(from.exporter.ledger.dictionariesAskedFor),
  );
  onScrape(Gauge, registry, 'weir_agent_connected', 'Whether the aggregator has welcomed this agent.', [], (into) => {
    into.set(from.exporter.ledger.connected ? 1 : 0);
  });
  return registry;
}

/** Serves /metrics and /healthz (the process runs) over HTTP. @param address host:port @throws WeirError CONFIG_INVALID when it cannot listen there */
export function serveMetrics(registry: Registry, address: string): Promise<Server> {
  const colon = address.lastIndexOf(':');
  const [host, port] = [address.slice(0, colon), Number(address.slice(colon + 1))];
  const answer = async (response: ServerResponse) => {
    response.writeHead(200, { 'content-type': registry.contentType }).end(await registry.metrics());
  };
  const server = createServer((request, response) => {
    if (request.url === '/metrics') void answer(response);
    else if (request.url === '/healthz') response.writeHead(200).end('ok\n');
    else response.writeHead(404).end('there are /metrics and /healthz\n');
  });
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      reject(new WeirError('CONFIG_INVALID', `--metrics-listen ${address}: ${messageOf(error)}`, { cause: error }));
    });
    server.listen(port, host, () => resolve(server));
  });
}
