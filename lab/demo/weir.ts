import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Edge } from '../../core/edge.ts';
import { messageOf, WeirError } from '../../core/errors.ts';
import { decodeEdge } from '../../proto/convert-edge.ts';
import { type Connection, connect } from '../../proto/services.ts';
import type * as wire from '../../proto/wire.ts';
import { podCidr, serviceCidr } from '../cluster.ts';
import type { Lab } from '../lab.ts';
import { pinsDir } from '../names.ts';
import { type LabProcess, logTail, startProcess } from '../pod-processes.ts';
import { inNetns } from '../probes.ts';
import { startKubeApis } from './kube-api.ts';
import type { DemoOptions } from './options.ts';

const cluster = 'demo';
const readyWithinMs = 30_000;
const askEveryMs = 200;
const answerWithinMs = 5_000;
/** Inside a node's namespace every port is free. */
const agentMetricsListen = '127.0.0.1:7282';

const rooms = join(import.meta.dirname, '..', '..');
const mainOf = (room: 'aggregator' | 'agent') => [
  process.execPath,
  '--enable-source-maps',
  join(rooms, room, 'main.js'),
];

/** A limit for a call: something else may hold the aggregator's port, and never answer. */
export function answerSoon(): { readonly deadline: number } {
  return { deadline: Date.now() + answerWithinMs };
}

function flags(values: Readonly<Record<string, string>>): string[] {
  return Object.entries(values).flatMap(([name, value]) => [`--${name}`, value]);
}

/** Weir as it is installed: one aggregator and an agent on every node, which learn of the cluster from its API. */
export class Weir {
  readonly connection: Connection;
  readonly cluster = cluster;
  readonly #processes: readonly LabProcess[];

  private constructor(connection: Connection, processes: readonly LabProcess[]) {
    this.connection = connection;
    this.#processes = processes;
  }

  /** Starts the processes and waits until every pod of the lab is watched. @throws WeirError LAB with the log's end */
  static async start(lab: Lab, options: DemoOptions, abort: AbortSignal): Promise<Weir> {
    const folder = `${lab.stateDir}/weir`;
    mkdirSync(folder, { recursive: true });
    const { forNodes, forMachine } = await startKubeApis(lab, folder);
    const socket = `unix:${folder}/aggregator.sock`;
    const aggregator = flags({
      listen: options.listen,
      'metrics-listen': options.metricsListen,
      'http-listen': options.httpListen,
      database: `${folder}/weir.db`,
      cluster,
      kubeconfig: forMachine.kubeconfig,
      'pod-cidr': podCidr,
      'service-cidr': serviceCidr,
    });
    const start = (argv: readonly string[], log: string) => startProcess(lab.name, argv, `${folder}/${log}.log`);
    const processes = [
      forNodes.process,
      forMachine.process,
      await start([...mainOf('aggregator'), ...aggregator, '--listen', socket], 'aggregator'),
    ];
    for (const node of lab.nodes) {
      const { name, netnsPath } = node;
      const agent = flags({
        node: name,
        cluster,
        aggregator: socket,
        kubeconfig: forNodes.kubeconfig,
        ...lab.agentFlags(node),
        spool: `${folder}/spool-${name}`,
        pins: `${pinsDir(lab.name)}/${name}`,
        window: options.window,
        'metrics-listen': agentMetricsListen,
      });
      processes.push(await start(inNetns(netnsPath, [...mainOf('agent'), ...agent]), `agent-${name}`));
    }
    const weir = new Weir(connect(options.listen), processes);
    try {
      await weir.#untilWatching(lab, abort);
    } catch (error) {
      weir.close();
      throw error;
    }
    return weir;
  }

  async #untilWatching(lab: Lab, abort: AbortSignal): Promise<void> {
    const endMs = performance.now() + readyWithinMs;
    for (;;) {
      abort.throwIfAborted();
      await this.#checkProcesses();
      const watched = await this.#podsWatched();
      if (typeof watched === 'number' && watched >= lab.pods.length) return;
      if (performance.now() > endMs) {
        const what = typeof watched === 'number' ? `${watched} of ${lab.pods.length} pods are watched` : watched;
        throw new WeirError('LAB', `Weir is not ready after ${readyWithinMs / 1000} s: ${what}`);
      }
      await sleep(askEveryMs);
    }
  }

  /** How many pods the agents have named, or why that is not known. */
  async #podsWatched(): Promise<number | string> {
    try {
      const { clusters } = await this.status();
      return (clusters[0]?.agents ?? []).reduce((sum, { status }) => sum + (status?.podsResolved ?? 0), 0);
    } catch (error) {
      return messageOf(error);
    }
  }

  async #checkProcesses(): Promise<void> {
    for (const each of this.#processes) {
      const ended = each.ended();
      if (ended === null) continue;
      throw new WeirError('LAB', `a process of Weir ended (${ended})\n${await logTail(each.logFile)}`);
    }
  }

  status(): Promise<wire.GetStatusResponse> {
    return this.connection.query.getStatus({}, answerSoon());
  }

  /** Every edge that was ever seen. @throws WeirError LAB when a process of Weir has ended */
  async edges(): Promise<Edge[]> {
    await this.#checkProcesses();
    const asked = { cluster: this.cluster, scope: null, range: null };
    const { edges } = await this.connection.query.listEdges(asked, answerSoon());
    return edges.map(decodeEdge);
  }

  close(): void {
    this.connection.close();
  }
}
