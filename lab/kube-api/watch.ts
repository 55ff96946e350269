import type { ServerResponse } from 'node:http';
import type { Milliseconds } from '../../core/time.ts';
import type { ObjectStore, StoredChange, StoredObject } from './object-store.ts';
import { matcherOf, type Target } from './request.ts';
import { groupVersionOf } from './resources.ts';
import type { Matches } from './selector.ts';
import { failure, type Status, tooLarge } from './status.ts';

/** What ends the initial events of a watch that asked for them. */
const initialEventsEnd = { annotations: { 'k8s.io/initial-events-end': 'true' } };

/** How long before the end of a watch its last bookmark is sent. */
const lastBookmarkMs = 2_000;

interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: object;
}

/** How a change shows to a watch that selects: what no longer matches is deleted, what now does is added. */
function eventOf({ before, after, version }: StoredChange, matches: Matches): WatchEvent | null {
  const wasThere = before !== null && matches(before);
  if (after !== null && matches(after)) return { type: wasThere ? 'MODIFIED' : 'ADDED', object: after };
  if (!wasThere) return null;
  const last = after ?? before;
  return { type: 'DELETED', object: { ...last, metadata: { ...last.metadata, resourceVersion: String(version) } } };
}

/** What a watch begins with. */
type Beginning =
  | { readonly objects: readonly StoredObject[]; readonly bookmark: boolean }
  | { readonly changes: readonly StoredChange[] }
  | Status;

function beginningOf(store: ObjectStore, target: Target, query: URLSearchParams, matches: Matches): Beginning {
  const version = query.get('resourceVersion') ?? '';
  const wantsInitial = query.get('sendInitialEvents') === 'true';
  if (wantsInitial && query.get('resourceVersionMatch') !== 'NotOlderThan') {
    return failure(422, 'sendInitialEvents: resourceVersionMatch must be NotOlderThan');
  }
  if (!/^\d*$/.test(version)) return failure(400, `invalid resource version "${version}"`);
  if (wantsInitial || version === '' || version === '0') {
    const all = store.listAt(target.resource, store.version) ?? [];
    return { objects: all.map(([, object]) => object).filter(matches), bookmark: wantsInitial };
  }
  if (Number(version) > store.version) return tooLarge(version, store.version);
  const changes = store.changesAfter(target.resource, Number(version));
  if (changes !== null) return { changes };
  return failure(410, `too old resource version: ${version} (${store.oldestVersion})`);
}

export interface WatchOptions {
  readonly bookmarkEveryMs: Milliseconds;
  /** How long a watch lasts that names no time. */
  readonly defaultTimeoutMs: Milliseconds;
}

/** One watch: writes a line for each change until its time is over or its connection is. */
export class Watch {
  readonly #store: ObjectStore;
  readonly #target: Target;
  readonly #response: ServerResponse;
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #unsubscribe: () => void;

  /** Writes what the watch begins with. @returns why it cannot be had, if so: nothing was written then */
  static start(
    store: ObjectStore,
    target: Target,
    query: URLSearchParams,
    response: ServerResponse,
    options: WatchOptions,
  ): Watch | Status {
    const matches = matcherOf(target, query);
    if (typeof matches === 'string') return failure(400, matches);
    const beginning = beginningOf(store, target, query, matches);
    if ('code' in beginning && beginning.code !== 410) return beginning;
    return new Watch(store, target, query, response, matches, beginning, options);
  }

  private constructor(
    store: ObjectStore,
    target: Target,
    query: URLSearchParams,
    response: ServerResponse,
    matches: Matches,
    beginning: Beginning,
    { bookmarkEveryMs, defaultTimeoutMs }: WatchOptions,
  ) {
    this.#store = store;
    this.#target = target;
    this.#response = response;
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    const sendChange = (change: StoredChange) => {
      const event = change.resource === target.resource ? eventOf(change, matches) : null;
      if (event !== null) this.send(event);
    };
    this.#unsubscribe = store.onChange(sendChange);
    response.once('close', () => this.#stop());
    if ('code' in beginning) {
      // A watch cache that no longer has the version says so in the stream, not in the status line.
      this.send({ type: 'ERROR', object: beginning });
      this.end();
      return;
    }
    if ('changes' in beginning) for (const change of beginning.changes) sendChange(change);
    else for (const object of beginning.objects) this.send({ type: 'ADDED', object });
    if ('bookmark' in beginning && beginning.bookmark) this.#bookmark(initialEventsEnd);
    const seconds = Number(query.get('timeoutSeconds') ?? 0);
    const timeoutMs = seconds > 0 ? seconds * 1000 : defaultTimeoutMs;
    if (query.get('allowWatchBookmarks') === 'true') {
      this.#timers.push(setInterval(() => this.#bookmark(), bookmarkEveryMs));
      if (timeoutMs > lastBookmarkMs) this.#timers.push(setTimeout(() => this.#bookmark(), timeoutMs - lastBookmarkMs));
    }
    this.#timers.push(setTimeout(() => this.end(), timeoutMs));
  }

  send(event: WatchEvent): void {
    this.#response.write(`${JSON.stringify(event)}\n`);
  }

  /** Ends in the middle of a line. */
  truncate(): void {
    this.#stop();
    this.#response.end('{"type":"ADDED","object":{"kind":"Pod","metadata":{"name":"cut-o');
  }

  /** Ends as at the end of its time. */
  end(): void {
    this.#stop();
    this.#response.end();
  }

  #bookmark(more: object = {}): void {
    const { resource } = this.#target;
    const metadata = { resourceVersion: String(this.#store.version), creationTimestamp: null, ...more };
    this.send({ type: 'BOOKMARK', object: { kind: resource.kind, apiVersion: groupVersionOf(resource), metadata } });
  }

  #stop(): void {
    this.#unsubscribe();
    for (const timer of this.#timers) clearTimeout(timer);
  }
}
