import type { Logger } from 'pino';
import type { Address } from '../../core/address.ts';
import type { PodRef } from '../../core/identity.ts';
import type { Milliseconds } from '../../core/time.ts';
import type { ApiAccess } from '../../kube/access.ts';
import { KubeClient } from '../../kube/client.ts';
import type { Pace } from '../../kube/pace.ts';
import { Reflector } from '../../kube/reflector.ts';
import type { Change } from '../../kube/resource.ts';
import type { Feature } from '../source/source.ts';
import { type NodePod, readNodePod } from './node-pod.ts';
import { apiFeature, type NodePodsSource } from './node-pods.ts';
import { PodsFile } from './pods-file.ts';

/** Changes that come together are written together. */
const saveAfterMs: Milliseconds = 1_000;
const confirmEveryMs: Milliseconds = 60_000;

export interface ApiNodePodsOptions {
  readonly access: ApiAccess;
  readonly node: string;
  /** Where the pods are kept for a restart. */
  readonly folder: string;
  readonly pace: Pace;
  readonly log: Logger;
}

/** The pods by everything that they are looked for by. */
interface Index {
  readonly byUid: ReadonlyMap<string, PodRef>;
  readonly byName: ReadonlyMap<string, PodRef>;
  /** Null for an address that more than one pod holds. */
  readonly byAddress: ReadonlyMap<Address, PodRef | null>;
  readonly all: readonly PodRef[];
}

function keyOf({ namespace, name }: Pick<PodRef, 'namespace' | 'name'>): string {
  return `${namespace}/${name}`;
}

function indexOf(pods: Iterable<NodePod>): Index {
  const byUid = new Map<string, PodRef>();
  const byName = new Map<string, PodRef>();
  const byAddress = new Map<Address, PodRef | null>();
  for (const { ref, configHash, addresses } of pods) {
    byUid.set(ref.uid, ref);
    if (configHash !== null) byUid.set(configHash, ref);
    byName.set(keyOf(ref), ref);
    for (const address of addresses) byAddress.set(address, byAddress.has(address) ? null : ref);
  }
  return { byUid, byName, byAddress, all: [...byName.values()] };
}

/** Watches the pods of one node; what was known last stands while the API is away, also over a restart. */
export class ApiNodePods implements NodePodsSource {
  readonly #client: KubeClient;
  readonly #reflector: Reflector<NodePod>;
  readonly #file: PodsFile;
  readonly #pods = new Map<string, NodePod>();
  /** Of an earlier start; of no use once there is a list. */
  #restored: ReadonlyMap<string, NodePod>;
  #index: Index | null = null;
  readonly #callbacks = new Set<() => void>();
  readonly #options: ApiNodePodsOptions;
  #confirm: NodeJS.Timeout | null = null;
  #save: NodeJS.Timeout | null = null;

  constructor(options: ApiNodePodsOptions) {
    const { access, node, folder, pace, log } = options;
    this.#options = options;
    this.#file = new PodsFile(folder, node, log);
    this.#restored = new Map(this.#file.load(pace.now()).map((pod) => [keyOf(pod.ref), pod]));
    this.#client = new KubeClient(access);
    this.#reflector = new Reflector({
      client: this.#client,
      resource: {
        name: 'pods',
        path: '/api/v1/pods',
        fieldSelector: `spec.nodeName=${node}`,
        optional: false,
        fromCache: true,
      },
      read: readNodePod,
      handler: {
        changed: (changes) => this.#changed(changes),
        listed: () => this.#listed(),
        stateChanged: () => undefined,
      },
      pace,
      log,
    });
  }

  start(): void {
    const { access, pace, log } = this.#options;
    log.info({ api: access.description }, 'watching the pods of this node');
    this.#confirm = setInterval(() => this.#file.confirm(pace.now()), confirmEveryMs);
    void this.#reflector.run();
  }

  get synced(): boolean {
    return this.#reflector.status.synced;
  }

  get feature(): Feature {
    const { synced, failing } = this.#reflector.status;
    if (failing !== null) {
      const since = new Date(failing.sinceUnixMs).toISOString();
      return { name: apiFeature, active: false, reason: `${failing.message}; since ${since}` };
    }
    return { name: apiFeature, active: synced, reason: synced ? '' : 'the first list of pods is not in yet' };
  }

  byUid(uid: string): PodRef | null {
    return this.#lookup.byUid.get(uid) ?? null;
  }

  byName(namespace: string, name: string): PodRef | null {
    return this.#lookup.byName.get(keyOf({ namespace, name })) ?? null;
  }

  byAddress(address: Address): PodRef | null {
    return this.#lookup.byAddress.get(address) ?? null;
  }

  get all(): readonly PodRef[] {
    return this.#lookup.all;
  }

  onChange(callback: () => void): () => void {
    this.#callbacks.add(callback);
    return () => this.#callbacks.delete(callback);
  }

  close(): void {
    if (this.#confirm !== null) clearInterval(this.#confirm);
    if (this.#save !== null) this.#saveNow();
    this.#reflector.close();
    this.#client.close();
  }

  get #lookup(): Index {
    this.#index ??= indexOf(new Map([...this.#restored, ...this.#pods]).values());
    return this.#index;
  }

  #changed(changes: readonly Change<NodePod>[]): void {
    for (const { key, object } of changes) {
      if (object === null) this.#pods.delete(key);
      else this.#pods.set(key, object);
    }
    this.#tell();
  }

  #listed(): void {
    this.#restored = new Map();
    this.#tell();
  }

  #tell(): void {
    this.#index = null;
    this.#save ??= setTimeout(() => this.#saveNow(), saveAfterMs);
    for (const callback of this.#callbacks) callback();
  }

  #saveNow(): void {
    if (this.#save !== null) clearTimeout(this.#save);
    this.#save = null;
    // Half a list would be less than what is kept already.
    if (this.synced) this.#file.save(this.#pods.values());
  }
}
