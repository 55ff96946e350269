import type { Logger } from 'pino';
import { Backoff } from '../core/backoff.ts';
import type { UnixMs } from '../core/time.ts';
import type { KubeClient, Query } from './client.ts';
import { type Failure, failureOfEvent, unavailable } from './failure.ts';
import { objectKey, readEvent, readPage } from './messages.ts';
import { Mirror } from './mirror.ts';
import type { Pace } from './pace.ts';
import type { Change, Handler, Reading, Resource } from './resource.ts';

export interface ReflectorOptions<T> {
  readonly client: KubeClient;
  readonly resource: Resource;
  readonly read: (value: unknown) => Reading<T>;
  readonly handler: Handler<T>;
  readonly pace: Pace;
  readonly log: Logger;
}

export interface ReflectorStatus {
  readonly resource: string;
  /** Whether a list was complete once; what is known since then stands through failures. */
  readonly synced: boolean;
  /** Whether the API lacks the resource. */
  readonly absent: boolean;
  /** What is wrong now; null when nothing is. */
  readonly failing: { readonly message: string; readonly sinceUnixMs: UnixMs } | null;
  /** The first objects that cannot be read, as `key: what is wrong`. */
  readonly problems: readonly string[];
  readonly counts: ReflectorCounts;
}

export interface ReflectorCounts {
  readonly objects: number;
  /** Objects that cannot be read. */
  readonly unreadable: number;
  /** Changes that watches told. */
  readonly events: number;
  /** Complete lists. */
  readonly lists: number;
  /** How often a version was forgotten, and a new list needed. */
  readonly expired: number;
  /** Watches that were begun. */
  readonly watches: number;
  /** Watches that were cut. */
  readonly broken: number;
  /** Requests that failed otherwise. */
  readonly failures: number;
}

/**
 * How many objects come in one page of a list. What is dropped of a page is dropped before it counts as old: with 500,
 * listing 150,000 pods takes twice as long and 220 MB more.
 */
const pageSize = 100;
const firstRetryMs = 500;
const longestRetryMs = 30_000;
/** How often a kind that is not installed is asked for again. */
const absentRetryMs = 300_000;
/** A server ends a watch after five to ten minutes, each one at another time. */
const watchSeconds = 300;
/** Bookmarks come about once a minute. A watch that is silent for longer may be one that nobody serves any more. */
const watchIdleMs = 150_000;
/** A watch that lasts as long is none that ends at once. */
const healthyMs = 10_000;

/** Mirrors a collection: lists it, then watches it, and does so again whatever happens, until it is closed. */
export class Reflector<T> {
  readonly #options: ReflectorOptions<T>;
  readonly #mirror: Mirror<T>;
  readonly #abort = new AbortController();
  readonly #backoff: Backoff;
  readonly #counts = { events: 0, lists: 0, expired: 0, watches: 0, broken: 0, failures: 0 };
  /** Up to which everything is known; null before a list, and when a new one is needed. */
  #version: string | null = null;
  #synced = false;
  #absent = false;
  #failing: ReflectorStatus['failing'] = null;

  constructor(options: ReflectorOptions<T>) {
    this.#options = options;
    this.#backoff = new Backoff(firstRetryMs, longestRetryMs, options.pace.random);
    this.#mirror = new Mirror(options.read, (object, problem) =>
      options.log.warn({ resource: options.resource.name, object, problem }, 'an object cannot be read'),
    );
  }

  /** Resolves when it was closed. */
  async run(): Promise<void> {
    while (!this.#isClosed) {
      const failure = this.#version === null ? await this.#list() : await this.#watch(this.#version);
      if (failure !== null) await this.#recover(failure);
    }
  }

  close(): void {
    this.#abort.abort();
  }

  get status(): ReflectorStatus {
    const { size: objects, unreadable, problems } = this.#mirror;
    return {
      resource: this.#options.resource.name,
      synced: this.#synced,
      absent: this.#absent,
      failing: this.#failing,
      problems,
      counts: { objects, unreadable, ...this.#counts },
    };
  }

  get #isClosed(): boolean {
    return this.#abort.signal.aborted;
  }

  /** Lists page by page. What no page has shown is gone. */
  async #list(): Promise<Failure | null> {
    const listed = new Set<string>();
    let version: string | null = null;
    let next: string | null = null;
    do {
      const answer = await this.#page(next);
      if (this.#isClosed) return null;
      if ('cause' in answer) {
        if (answer.cause === 'expired' && answer.continueToken !== null) {
          // The rest is of a newer state. What came between is told by the watch, which begins at the first page.
          next = answer.continueToken;
        } else if (next === null || !isPassing(answer)) return answer;
        await this.#recover(answer);
        continue;
      }
      const page = readPage(answer.body);
      if (page === null) return unavailable('the answer is no list; is this the address of a Kubernetes API?');
      version ??= page.resourceVersion;
      next = page.continueToken;
      for (const item of page.items) listed.add(objectKey(item));
      this.#tell(page.items.map((item) => this.#mirror.takeListed(item)));
    } while (next !== null && !this.#isClosed);
    if (this.#isClosed) return null;
    this.#tell(this.#mirror.keepOnly(listed));
    this.#version = version;
    this.#counts.lists++;
    this.#isKnown(false);
    return null;
  }

  #page(continueToken: string | null) {
    const { client, resource } = this.#options;
    const { fieldSelector, fromCache } = resource;
    const start: Query = fromCache && !this.#synced ? { resourceVersion: '0' } : {};
    const query = {
      limit: pageSize,
      ...(fieldSelector === null ? {} : { fieldSelector }),
      ...(continueToken === null ? start : { continue: continueToken }),
    };
    return client.get(resource.path, query, this.#abort.signal);
  }

  /** Watches from a version on, until the server ends it or something goes wrong. */
  async #watch(resourceVersion: string): Promise<Failure | null> {
    const { client, resource, pace } = this.#options;
    const { fieldSelector } = resource;
    const timeoutSeconds = Math.round(watchSeconds * (1 + pace.random()));
    const query = { resourceVersion, allowWatchBookmarks: 'true', timeoutSeconds };
    const startedMs = pace.now();
    this.#counts.watches++;
    const watch = client.watch(
      resource.path,
      fieldSelector === null ? query : { ...query, fieldSelector },
      watchIdleMs,
      this.#abort.signal,
    );
    for (let isOpen = false; ; isOpen = true) {
      const next = await watch.next();
      if (this.#isClosed) return null;
      if (next.done) return isOpen ? await this.#ended(next.value, pace.now() - startedMs) : next.value;
      this.#isFine();
      const failure = this.#takeLines(next.value);
      if (failure === null) continue;
      await watch.return(null);
      return failure;
    }
  }

  /** A watch ends when its time is over, and is cut when its server or something in between goes: both are usual. */
  async #ended(failure: Failure | null, lastedMs: number): Promise<null> {
    if (failure !== null) {
      this.#counts.broken++;
      this.#options.log.debug({ resource: this.#options.resource.name, reason: failure.message }, 'watch was cut');
    }
    if (lastedMs >= healthyMs) this.#backoff.reset();
    else await this.#options.pace.sleep(this.#backoff.next(), this.#abort.signal);
    return null;
  }

  #takeLines(lines: readonly string[]): Failure | null {
    const changes: (Change<T> | null)[] = [];
    let failure: Failure | null = null;
    for (const line of lines) {
      failure = this.#takeLine(line, changes);
      if (failure !== null) break;
    }
    this.#tell(changes);
    return failure;
  }

  #takeLine(line: string, changes: (Change<T> | null)[]): Failure | null {
    const event = readEvent(line);
    if (event === null) return unavailable('a line of the watch is no event');
    if (event.type === 'ERROR') {
      // What the server cannot go on with now, it could not either if it were asked for it again.
      this.#version = null;
      return failureOfEvent(event.status);
    }
    this.#backoff.reset();
    const { type, item } = event;
    if (type !== 'BOOKMARK') {
      this.#counts.events++;
      changes.push(type === 'DELETED' ? this.#mirror.forget(item) : this.#mirror.take(item));
    }
    if (item.resourceVersion !== '') this.#version = item.resourceVersion;
    return null;
  }

  #tell(changes: readonly (Change<T> | null)[]): void {
    const news = changes.filter((change) => change !== null);
    if (news.length > 0) this.#options.handler.changed(news);
  }

  async #recover(failure: Failure): Promise<void> {
    const { resource, pace } = this.#options;
    const { cause, retryAfterMs } = failure;
    let waitMs = this.#backoff.next();
    if (cause === 'absent') this.#version = null;
    if (cause === 'expired') {
      this.#counts.expired++;
      this.#version = null;
    } else if (cause === 'absent' && resource.optional) {
      // A kind that nobody installed has no objects, which is as much known as if it had some.
      this.#tell(this.#mirror.keepOnly(new Set()));
      this.#isKnown(true);
      waitMs = absentRetryMs * (1 - pace.random() / 2);
    } else {
      this.#counts.failures++;
      this.#isFailing(failure);
    }
    await pace.sleep(Math.max(waitMs, retryAfterMs ?? 0), this.#abort.signal);
  }

  #isKnown(absent: boolean): void {
    const isNews = !this.#synced || !absent || !this.#absent;
    this.#absent = absent;
    this.#synced = true;
    this.#isFine();
    if (isNews) this.#options.handler.listed();
  }

  #isFine(): void {
    if (this.#failing === null) return;
    const { resource, log, handler } = this.#options;
    this.#failing = null;
    log.info({ resource: resource.name }, 'the Kubernetes API answers again');
    handler.stateChanged();
  }

  #isFailing({ cause, message }: Failure): void {
    const { resource, log, pace, handler } = this.#options;
    const before = this.#failing;
    const told = `${message}${remedyOf(cause, resource)}`;
    this.#failing = { message: told, sinceUnixMs: before?.sinceUnixMs ?? pace.now() };
    if (before?.message === told) return;
    log.warn({ resource: resource.name, reason: told }, 'the Kubernetes API does not answer as it should');
    handler.stateChanged();
  }
}

/** Whether the same may succeed if it is asked for again. */
function isPassing({ cause }: Failure): boolean {
  return cause === 'throttled' || cause === 'unavailable';
}

function remedyOf(cause: Failure['cause'], { name }: Resource): string {
  switch (cause) {
    case 'unauthorized':
      return '; the token or client certificate is not accepted: give another';
    case 'forbidden':
      return `; its ClusterRole needs the verbs get, list and watch on ${name}`;
    case 'absent':
      return '; is this the address of a Kubernetes API?';
    case 'expired':
    case 'throttled':
    case 'unavailable':
      return '';
  }
}
