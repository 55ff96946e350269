import { hostname } from 'node:os';
import type { Logger } from 'pino';
import { WeirError } from '../../core/errors.ts';
import type { Sight } from '../../core/sight.ts';
import type { Clock, Milliseconds, UnixMs } from '../../core/time.ts';
import { version } from '../../core/version.ts';
import type * as wire from '../../proto/wire.ts';
import type { CertificateFiles } from '../../tls/certificate-files.ts';
import type { AskedStatus } from '../query/cluster-status.ts';
import type { Store } from '../store/store.ts';
import type { Cluster } from './cluster.ts';
import { Replicas } from './replicas.ts';

export interface InstallationOptions {
  readonly clusters: readonly Cluster[];
  readonly store: Store;
  /** Null for plain text. */
  readonly certificates: CertificateFiles | null;
  /** Tells this process from the others. */
  readonly processId: string;
  /** How often the other processes are told of this one. */
  readonly tellEveryMs: Milliseconds;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Of a cluster, but for its name and its agents: the others have the same source, and the same store. */
const nothingKnown: Omit<wire.ClusterStatus, 'name' | 'agents'> = {
  source: '',
  workloads: 0,
  pods: 0,
  edges: 0,
  coverage: null,
  problems: [],
  unresolved: [],
  nodes: 0,
  namespaces: 0,
  waiting: false,
  sourceProblems: [],
  kept: [],
};

/** This process, those that share its store, and the clusters that they serve: what the status is of. */
export class Installation {
  readonly #options: InstallationOptions;
  readonly #startedUnixMs: UnixMs;
  readonly #replicas: Replicas;

  constructor(options: InstallationOptions) {
    const { processId: id, store, tellEveryMs: everyMs, clock, log } = options;
    this.#options = options;
    this.#startedUnixMs = clock.now();
    this.#replicas = new Replicas({ id, store, report: () => this.#report(), everyMs, clock, log });
  }

  /** As somebody may see it: who does not see all sees something of the first cluster, and nothing of what is below. */
  readonly status = async ({ namespace }: wire.GetStatusRequest, sight: Sight): Promise<wire.GetStatusResponse> => {
    const { clusters, store } = this.#options;
    const { kind, place } = store;
    const facts = { kind, place, schemaVersion: 0, bytes: 0, problem: '' };
    try {
      const others = await this.#replicas.others();
      const known = this.#known(clusters, { namespace, sight }, others);
      if (sight !== null) return known;
      const { schemaVersion, bytes } = await store.size();
      return { ...known, store: { ...facts, schemaVersion, bytes: bytes ?? 0 } };
    } catch (error) {
      if (!(error instanceof WeirError) || error.code !== 'STORE') throw error;
      const known = this.#known(clusters, { namespace, sight }, []);
      return sight === null ? { ...known, store: { ...facts, problem: error.message } } : known;
    }
  };

  #known(
    clusters: readonly Cluster[],
    asked: AskedStatus,
    others: readonly wire.GetStatusResponse[],
  ): wire.GetStatusResponse {
    const seesAll = asked.sight === null;
    const toldOf = (name: string) =>
      others.flatMap((other) => other.clusters.filter((each) => each.name === name).flatMap(({ agents }) => agents));
    return {
      version,
      clusters: (seesAll ? clusters : clusters.slice(0, 1)).map(({ name, status }) => status(asked, toldOf(name))),
      replicas: seesAll ? [this.#replica(), ...others.flatMap(({ replicas }) => replicas)] : [],
      store: null,
    };
  }

  close(): Promise<void> {
    return this.#replicas.close();
  }

  /** What only this process knows: of its agents, who have no stream elsewhere. */
  #report(): wire.GetStatusResponse {
    const clusters = this.#options.clusters.map(({ name, connectedAgents }) => ({
      ...nothingKnown,
      name,
      agents: connectedAgents(),
    }));
    return { version, replicas: [this.#replica()], clusters, store: null };
  }

  #replica(): wire.Replica {
    const { clusters, certificates, clock } = this.#options;
    return {
      name: hostname(),
      version,
      startedUnixMs: this.#startedUnixMs,
      seenUnixMs: clock.now(),
      agentsConnected: clusters.reduce((sum, { ingest }) => sum + ingest.agents.connected, 0),
      certificate: certificates?.validity ?? null,
    };
  }
}
