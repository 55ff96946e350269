import type { Logger } from 'pino';
import type { ClusterSnapshot, KubernetesAny, ObjectChange } from '../../core/kubernetes.ts';
import { readObject } from '../../core/read-object.ts';
import type { ApiAccess } from '../../kube/access.ts';
import { KubeClient } from '../../kube/client.ts';
import type { Pace } from '../../kube/pace.ts';
import { Reflector, type ReflectorStatus } from '../../kube/reflector.ts';
import type { Change, Reading } from '../../kube/resource.ts';
import { apiResources, type WatchedResource } from './api-resources.ts';
import { ClusterObjects } from './objects.ts';
import type { ChangeCallback, ClusterSource } from './source.ts';

export interface ApiClusterOptions {
  readonly access: ApiAccess;
  readonly pace: Pace;
  readonly log: Logger;
}

/** A cluster whose state is what its API says; it watches the API, and what it knew last stands while that is away. */
export class ApiCluster implements ClusterSource {
  readonly description: string;
  readonly known: Promise<void>;
  readonly #client: KubeClient;
  readonly #reflectors: readonly Reflector<KubernetesAny>[];
  readonly #objects = new ClusterObjects();
  readonly #callbacks = new Set<ChangeCallback>();

  constructor({ access, pace, log }: ApiClusterOptions) {
    this.description = `Kubernetes API at ${access.description}`;
    this.#client = new KubeClient(access);
    let isKnown: () => void = () => undefined;
    this.known = new Promise((resolve) => {
      isKnown = resolve;
    });
    this.#reflectors = apiResources.map(
      (resource) =>
        new Reflector({
          client: this.#client,
          resource,
          read: (value) => this.#read(resource, value),
          handler: {
            changed: (changes) => this.#changed(resource, changes),
            listed: () => {
              if (this.status.every(({ synced }) => synced)) isKnown();
              this.#tell([]);
            },
            stateChanged: () => this.#tell([]),
          },
          pace,
          log,
        }),
    );
    void this.known.then(() => this.#objects.shareTexts());
    for (const reflector of this.#reflectors) void reflector.run();
  }

  get status(): readonly ReflectorStatus[] {
    return this.#reflectors.map(({ status }) => status);
  }

  snapshot(): ClusterSnapshot {
    return this.#objects.snapshot();
  }

  problems(): readonly string[] {
    return this.status.flatMap(({ resource, synced, failing, problems, counts }) => {
      const since = failing === null ? '' : `; since ${new Date(failing.sinceUnixMs).toISOString()}`;
      const stands = synced ? '; the state that was last read stands' : '';
      const more = counts.unreadable - problems.length;
      return [
        ...(failing === null ? [] : [`${resource}: ${failing.message}${since}${stands}`]),
        ...(failing === null && !synced ? [`${resource}: the first list is not in yet`] : []),
        ...problems.map((problem) => `${resource} ${problem}`),
        ...(more > 0 ? [`${resource}: ${more} more objects cannot be read`] : []),
      ];
    });
  }

  onChange(callback: ChangeCallback): () => void {
    this.#callbacks.add(callback);
    return () => this.#callbacks.delete(callback);
  }

  close(): void {
    for (const reflector of this.#reflectors) reflector.close();
    this.#client.close();
  }

  #read({ apiVersion, kind }: WatchedResource, value: unknown): Reading<KubernetesAny> {
    const read = readObject(Object.assign({ apiVersion, kind }, value));
    if ('message' in read) return { problem: read.message };
    if (read.object === null) return { problem: 'it is of another kind than its collection' };
    return { object: read.object };
  }

  #changed({ kindKey }: WatchedResource, changes: readonly Change<KubernetesAny>[]): void {
    const news = changes.map(({ key, object }) => {
      if (object !== null) return this.#objects.set(object);
      const slash = key.indexOf('/');
      return this.#objects.remove(kindKey, key.slice(0, slash), key.slice(slash + 1));
    });
    this.#tell(news.filter((change) => change !== null));
  }

  #tell(changes: readonly ObjectChange[]): void {
    for (const callback of this.#callbacks) callback(changes);
  }
}
