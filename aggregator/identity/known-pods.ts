import type { PodRef } from '../../core/identity.ts';
import type { UnixMs } from '../../core/time.ts';
import type { PodIdentity } from './holders.ts';
import type { PodIndex } from './pod-index.ts';

interface Known {
  readonly identity: PodIdentity;
  /** Infinity while the cluster's state shows the pod. */
  goneUnixMs: UnixMs;
}

/** Pods by UID, those that are gone included. */
export class KnownPods {
  readonly #byUid = new Map<string, Known>();
  /** By `namespace/name`: pods of hand-written manifests, which have no UID. */
  #withoutUid: ReadonlyMap<string, PodIdentity> = new Map();

  feed(pods: PodIndex, nowUnixMs: UnixMs): void {
    for (const [uid, known] of this.#byUid) {
      if (known.goneUnixMs === Infinity && !pods.byUid.has(uid)) known.goneUnixMs = nowUnixMs;
    }
    for (const [uid, { identity }] of pods.byUid) this.#byUid.set(uid, { identity, goneUnixMs: Infinity });
    const anonymous = pods.all.filter(({ identity }) => identity.uid === '');
    this.#withoutUid = new Map(anonymous.map(({ identity }) => [`${identity.namespace}/${identity.name}`, identity]));
  }

  get({ uid, namespace, name }: PodRef): PodIdentity | undefined {
    return this.#byUid.get(uid)?.identity ?? this.#withoutUid.get(`${namespace}/${name}`);
  }

  /** Forgets the pods that were gone before that moment. */
  forget(beforeUnixMs: UnixMs): void {
    for (const [uid, { goneUnixMs }] of this.#byUid) if (goneUnixMs < beforeUnixMs) this.#byUid.delete(uid);
  }
}
