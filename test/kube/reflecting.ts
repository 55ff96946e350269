import { pino } from 'pino';
import type { Test } from 'tap';
import type { ApiAccess, Credentials } from '../../kube/access.ts';
import { type ClientOptions, defaultClientOptions, KubeClient } from '../../kube/client.ts';
import type { Pace } from '../../kube/pace.ts';
import { Reflector } from '../../kube/reflector.ts';
import type { Change, Handler, Reading, Resource } from '../../kube/resource.ts';
import { KubeApi, type KubeApiOptions } from '../../lab/kube-api/server.ts';

const plain: Credentials = {
  token: null,
  tls: { ca: null, cert: null, key: null, serverName: null, verify: true },
};

export function accessTo(server: string, credentials: Credentials = plain): ApiAccess {
  return {
    description: server,
    server: new URL(server),
    credentials: () => Promise.resolve(credentials),
    rejected: () => undefined,
  };
}

/** A server of the Kubernetes API and a client of it, until the test ends. */
export async function serveApi(t: Test): Promise<{ readonly api: KubeApi; readonly client: KubeClient }> {
  const api = await KubeApi.start();
  const client = new KubeClient(accessTo(api.url));
  t.teardown(async () => {
    client.close();
    await api.close();
  });
  return { api, client };
}

/** Time that passes only by what is slept, and at once. */
export class FakePace implements Pace {
  /** Everything that was slept, in milliseconds. */
  readonly slept: number[] = [];
  #now = 1_000_000;
  /** Resolves a sleep; null lets each pass at once. */
  #held: (() => void)[] | null = null;

  readonly now = () => this.#now;
  readonly random = () => 0;
  readonly sleep = async (ms: number, signal: AbortSignal) => {
    this.slept.push(ms);
    this.#now += ms;
    // A failing server is asked for as long as the test wants, but other things go on too.
    await new Promise<void>((resolve) => {
      const done = () => {
        signal.removeEventListener('abort', done);
        resolve();
      };
      signal.addEventListener('abort', done);
      if (this.#held === null) setImmediate(done);
      else this.#held.push(done);
    });
  };

  /** Lets no further sleep pass until `release`. */
  hold(): void {
    this.#held = [];
  }

  release(): void {
    const held = this.#held ?? [];
    this.#held = null;
    for (const resolve of held) resolve();
  }
}

export const podsResource: Resource = {
  name: 'pods',
  path: '/api/v1/pods',
  fieldSelector: null,
  optional: false,
  fromCache: false,
};

interface Seen {
  readonly metadata: { readonly name: string };
  readonly spec: { readonly nodeName?: string; readonly broken?: boolean };
}

function read(value: unknown): Reading<Seen> {
  const object = value as Seen;
  return object.spec.broken === true ? { problem: 'spec.broken: is true' } : { object };
}

/** A reflector of pods on a server of its own, and what it was told. */
export class Reflecting implements Handler<Seen> {
  readonly api: KubeApi;
  readonly reflector: Reflector<Seen>;
  readonly pace = new FakePace();
  readonly state = new Map<string, Seen>();
  readonly changes: Change<Seen>[] = [];
  lists = 0;
  #waiting = new Set<() => void>();

  static async start(
    t: Test,
    options: {
      readonly prepare?: (api: KubeApi) => void | Promise<void>;
      readonly api?: KubeApiOptions;
      readonly resource?: Partial<Resource>;
      readonly client?: Partial<ClientOptions>;
      readonly access?: (api: KubeApi) => ApiAccess;
    } = {},
  ): Promise<Reflecting> {
    const api = await KubeApi.start(options.api);
    await options.prepare?.(api);
    const access = (options.access ?? ((of: KubeApi) => accessTo(of.url)))(api);
    const client = new KubeClient(access, { ...defaultClientOptions, ...options.client });
    const reflecting = new Reflecting(api, client, { ...podsResource, ...options.resource });
    const running = reflecting.reflector.run();
    t.teardown(async () => {
      reflecting.reflector.close();
      await running;
      client.close();
      await api.close();
    });
    return reflecting;
  }

  private constructor(api: KubeApi, client: KubeClient, resource: Resource) {
    this.api = api;
    const log = pino({ level: 'silent' });
    this.reflector = new Reflector({ client, resource, read, handler: this, pace: this.pace, log });
  }

  changed(changes: readonly Change<Seen>[]): void {
    for (const change of changes) {
      this.changes.push(change);
      if (change.object === null) this.state.delete(change.key);
      else this.state.set(change.key, change.object);
    }
    this.#look();
  }

  listed(): void {
    this.lists++;
    this.#look();
  }

  stateChanged(): void {
    this.#look();
  }

  get names(): string[] {
    return [...this.state.values()].map(({ metadata }) => metadata.name).toSorted();
  }

  /** Resolves when the condition holds, looked at whenever something was told. */
  until(condition: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        if (!condition()) return;
        this.#waiting.delete(look);
        resolve();
      };
      this.#waiting.add(look);
      look();
    });
  }

  /** Resolves when the server has a watch. */
  async watching(): Promise<void> {
    while (this.api.watches === 0) await new Promise((resolve) => setTimeout(resolve, 2));
  }

  #look(): void {
    for (const look of this.#waiting) look();
  }
}
