import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Logger } from 'pino';
import { messageOf } from '../../core/errors.ts';
import type { Clock, Milliseconds, UnixMs } from '../../core/time.ts';
import { version } from '../../core/version.ts';
import type * as wire from '../../proto/wire.ts';
import type { CertificateFiles } from '../../tls/certificate-files.ts';
import type { Store } from '../store/store.ts';
import type { Cluster } from './cluster.ts';
import { mergeStatus } from './merge-status.ts';
import { Replicas } from './replicas.ts';

export interface InstallationOptions {
  readonly clusters: readonly Cluster[];
  readonly store: Store;
  /** Null for plain text. */
  readonly certificates: CertificateFiles | null;
  /** How often the other processes are told of this one. */
  readonly tellEveryMs: Milliseconds;
  readonly clock: Clock;
  readonly log: Logger;
}

/** This process, those that share its store, and the clusters that they serve: what the status is of. */
export class Installation {
  readonly #options: InstallationOptions;
  readonly #startedUnixMs: UnixMs;
  readonly #replicas: Replicas;

  constructor(options: InstallationOptions) {
    const { store, tellEveryMs: everyMs, clock, log } = options;
    this.#options = options;
    this.#startedUnixMs = clock.now();
    this.#replicas = new Replicas({ id: randomUUID(), store, report: () => this.#report(), everyMs, clock, log });
  }

  async status(): Promise<wire.GetStatusResponse> {
    const own = {
      version,
      replicas: [this.#replica()],
      clusters: this.#options.clusters.map(({ status }) => status()),
    };
    const { kind, place } = this.#options.store;
    try {
      const { schemaVersion, bytes } = await this.#options.store.size();
      const store = { kind, place, schemaVersion, bytes: bytes ?? 0, problem: '' };
      return mergeStatus({ ...own, store }, await this.#replicas.others());
    } catch (error) {
      return { ...own, store: { kind, place, schemaVersion: 0, bytes: 0, problem: messageOf(error) } };
    }
  }

  close(): Promise<void> {
    return this.#replicas.close();
  }

  /** What only this process knows: of its agents, who have no stream elsewhere. */
  #report(): wire.GetStatusResponse {
    const clusters = this.#options.clusters.map(({ status }) => {
      const whole = status();
      const agents = whole.agents.filter(({ connected }) => connected).map((agent) => ({ ...agent, coverage: null }));
      return { ...whole, agents, coverage: null, problems: [], sourceProblems: [], unresolved: [], kept: [] };
    });
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
