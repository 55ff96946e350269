import { WeirError } from '../../core/errors.ts';
import { everything } from '../access/own-access.ts';
import { type ApiHandlers, apiKeys } from '../api/handlers.ts';
import type { Ingest } from '../ingest/ingest.ts';
import type { Cluster } from './cluster.ts';

type AnyHandler = (request: { readonly cluster: string }, ...rest: readonly unknown[]) => unknown;

/** The clusters that an aggregator serves, at least one; the names differ. */
export class Clusters {
  readonly #byName: ReadonlyMap<string, Cluster>;
  readonly #status: ApiHandlers['query']['getStatus'];

  /** @param status of all of them */
  constructor(clusters: readonly Cluster[], status: ApiHandlers['query']['getStatus']) {
    this.#byName = new Map(clusters.map((cluster) => [cluster.name, cluster]));
    this.#status = status;
  }

  get all(): readonly Cluster[] {
    return [...this.#byName.values()];
  }

  /** The cluster that a request names; the only one where it names none. @throws WeirError QUERY_INVALID */
  asked(name: string): Cluster {
    const [only, ...others] = this.all;
    const found = name === '' && others.length === 0 ? only : this.#byName.get(name);
    if (found !== undefined) return found;
    if (name === '')
      throw new WeirError('QUERY_INVALID', `several clusters are served here; name one of ${this.#names}`);
    const what = others.length === 0 ? `${this.#names}, or name none` : `one of ${this.#names}`;
    throw new WeirError('QUERY_INVALID', `cluster ${name.slice(0, 253)} is not served here; ask for ${what}`);
  }

  /**
   * What takes in the batches of the agents that say that they are of a cluster, or that do not say.
   * @throws WeirError INGEST_CLUSTER_MISMATCH
   */
  ingestOf(name: string | null): Ingest {
    const found = name === null ? this.all[0] : this.#byName.get(name);
    if (found !== undefined) return found.ingest;
    const says = (name ?? '').slice(0, 253);
    const what = `this aggregator serves ${this.#names}, the agent says ${says}; set both to the same name`;
    throw new WeirError('INGEST_CLUSTER_MISMATCH', what);
  }

  /** Handlers that pass each request on to those of the cluster that it names; status and access are of all of them. */
  get handlers(): ApiHandlers {
    const [first] = this.all;
    const services = apiKeys.map((key) => {
      const methods = Object.keys(first?.handlers[key] ?? {}).map((method) => {
        const handler: AnyHandler = (request, ...rest) => this.#handler(request.cluster, key, method)(request, ...rest);
        return [method, handler] as const;
      });
      return [key, Object.fromEntries(methods)] as const;
    });
    const passing = Object.fromEntries(services) as unknown as ApiHandlers;
    const ofAll = { getStatus: this.#status, getAccess: () => everything };
    return { ...passing, query: { ...passing.query, ...ofAll } };
  }

  #handler(cluster: string, key: keyof ApiHandlers, method: string): AnyHandler {
    const handlers: Readonly<Record<string, unknown>> = { ...this.asked(cluster).handlers[key] };
    return handlers[method] as AnyHandler;
  }

  get #names(): string {
    return [...this.#byName.keys()].join(', ');
  }
}
