import type { Logger } from 'pino';
import { messageOf, WeirError } from '../../core/errors.ts';
import type { Sight } from '../../core/sight.ts';
import type { Clock, Milliseconds } from '../../core/time.ts';
import type { ResponseStream, StreamHandler, UnaryHandler } from '../../proto/services.ts';
import type * as wire from '../../proto/wire.ts';
import type { AccessReviews } from './access-reviews.ts';
import type { Authenticate } from './authenticate.ts';
import type { Caller, User } from './caller.ts';
import { GuardedStream } from './guarded-stream.ts';
import { type Rule, ruleOf } from './method-rights.ts';
import { RateLimit } from './rate-limit.ts';
import { accessOf } from './own-access.ts';

/** What stands before the handlers of all questions, whatever the transport. */
export interface Gate {
  /** @param method such as `query/listEdges` */
  unary(method: string, handler: UnaryHandler<unknown, unknown>, request: unknown, caller: Caller): Promise<unknown>;
  stream(
    method: string,
    handler: StreamHandler<unknown, unknown>,
    request: unknown,
    to: ResponseStream<unknown>,
    caller: Caller,
  ): Promise<void>;
}

/** For where whoever can call may do everything: sockets in the file system, plain text on loopback or by request. */
export const openGate: Gate = {
  unary: async (_method, handler, request) => await handler(request, null),
  stream: async (_method, handler, request, to) => handler(request, to, null),
};

export interface UserGateOptions {
  readonly authenticate: Authenticate;
  readonly reviews: AccessReviews;
  /** Whose API server reviews: rights in one of its namespaces are none in those of other clusters. */
  readonly cluster: string;
  /** The namespaces that an answer about one may name; all there are where none is given. */
  readonly namespacesAround: (namespace: string) => ReadonlySet<string>;
  readonly clock: Clock;
  /** How often it is looked again whether who follows still may, besides at each response. */
  readonly lookAgainMs: Milliseconds;
  /** Refusals are warnings, changes are told with who made them. */
  readonly log: Logger;
}

/** Who a caller is, and what they may see of what they ask about. */
interface Admitted {
  readonly user: User;
  readonly rule: Rule;
  readonly sight: Sight;
}

/** Of one address, known or not: each costs a review of a token. */
const callsPerSecond = 50;
const callsAtOnce = 200;
const maxCallers = 10_000;
/** A request is told in the log up to so many characters. */
const maxLogged = 2_000;

/** Lets users do what their rights in Kubernetes allow, and nothing while these cannot be asked for. */
export class UserGate implements Gate {
  readonly #options: UserGateOptions;
  readonly #byAddress: RateLimit;
  readonly #byUser: RateLimit;

  constructor(options: UserGateOptions) {
    this.#options = options;
    this.#byAddress = new RateLimit(callsPerSecond, callsAtOnce, maxCallers, options.clock);
    this.#byUser = new RateLimit(callsPerSecond, callsAtOnce, maxCallers, options.clock);
  }

  async unary(
    method: string,
    handler: UnaryHandler<unknown, unknown>,
    request: unknown,
    caller: Caller,
  ): Promise<unknown> {
    const admitted = await this.#admit(method, request, caller);
    if (admitted.rule.type === 'own') return await accessOf(admitted.user, this.#options.reviews);
    return await this.#told(method, request, admitted, handler);
  }

  async stream(
    method: string,
    handler: StreamHandler<unknown, unknown>,
    request: unknown,
    to: ResponseStream<unknown>,
    caller: Caller,
  ): Promise<void> {
    let isOver = false;
    to.onClosed(() => {
      isOver = true;
    });
    const { sight } = await this.#admit(method, request, caller);
    // Whoever has gone meanwhile would never be missed.
    if (isOver) return;
    // Rights may go while the stream lasts: each response is looked at anew.
    const check = async () => {
      const now = await this.#admit(method, request, caller, false);
      if (!isSame(sight, now.sight))
        throw new WeirError('ACCESS_CHANGED', 'follow again from the last resume token on');
    };
    const guarded = new GuardedStream(to, check);
    // Also while nothing is said: whoever looks at a quiet page is to know that it shows nothing any more.
    const lookAgain = () => check().catch((error: unknown) => guarded.fail(error));
    const timer = setInterval(() => void lookAgain(), this.#options.lookAgainMs).unref();
    to.onClosed(() => clearInterval(timer));
    try {
      await handler(request, guarded, sight);
    } catch (error) {
      clearInterval(timer);
      throw error;
    }
  }

  /** @param isCall false for what follows of a call. @throws WeirError UNAUTHENTICATED, FORBIDDEN, TOO_MANY, ACCESS_UNDECIDED */
  async #admit(method: string, request: unknown, caller: Caller, isCall = true): Promise<Admitted> {
    let user: User | null = null;
    try {
      if (isCall && !this.#byAddress.take(addressOf(caller))) throw tooMany();
      user = await this.#options.authenticate(caller);
      if (isCall && !this.#byUser.take(user.name)) throw tooMany();
      return await this.#decide(method, request, user);
    } catch (error) {
      const reason = messageOf(error);
      this.#options.log.warn({ method, user: user?.name ?? null, from: caller.from, reason }, 'call refused');
      throw error;
    }
  }

  async #decide(method: string, request: unknown, user: User): Promise<Admitted> {
    const rule = ruleOf(method);
    if (rule === null) throw new WeirError('FORBIDDEN', `${method} is for nobody yet`);
    const { reviews } = this.#options;
    if (rule.type === 'own') return { user, rule, sight: new Set() };
    if (rule.type === 'cluster') {
      const { verb, resource } = rule.access;
      if (await reviews.allows(user, { ...rule.access, namespace: '' })) return { user, rule, sight: null };
      throw new WeirError('FORBIDDEN', `${user.name} may not ${verb} ${resource}.weir.dev in the whole cluster`);
    }
    if (await reviews.allows(user, { verb: 'list', resource: 'flows', namespace: '' })) {
      return { user, rule, sight: null };
    }
    this.#checkCluster(request, user);
    const asked = rule.type === 'namespace' ? namespacesAsked(request) : [''];
    if (rule.type === 'namespace') await this.#checkNamespaces(asked, user);
    const around = new Set(asked.flatMap((namespace) => [...this.#options.namespacesAround(namespace)]));
    return { user, rule, sight: await this.#seenOf([...around], user) };
  }

  async #seenOf(namespaces: readonly string[], user: User): Promise<Sight> {
    const { reviews } = this.#options;
    const seen = await Promise.all(
      namespaces.map((namespace) => reviews.allows(user, { verb: 'list', resource: 'flows', namespace })),
    );
    return new Set(namespaces.filter((_, index) => seen[index]));
  }

  /** @throws WeirError FORBIDDEN */
  #checkCluster(request: unknown, user: User): void {
    const { cluster = '' } = request as { readonly cluster?: string };
    if (cluster === '' || cluster === this.#options.cluster) return;
    throw new WeirError('FORBIDDEN', `${user.name} may not see other clusters than ${this.#options.cluster}`);
  }

  /** @throws WeirError FORBIDDEN */
  async #checkNamespaces(asked: readonly string[], user: User): Promise<void> {
    if (asked.length === 0) {
      throw new WeirError('FORBIDDEN', `${user.name} may not see all namespaces; name one with --namespace`);
    }
    for (const namespace of asked) {
      if (await this.#options.reviews.allows(user, { verb: 'list', resource: 'flows', namespace })) continue;
      throw new WeirError('FORBIDDEN', `${user.name} may not list flows.weir.dev in the namespace ${namespace}`);
    }
  }

  async #told(
    method: string,
    request: unknown,
    { user, rule, sight }: Admitted,
    handler: UnaryHandler<unknown, unknown>,
  ): Promise<unknown> {
    if (rule.type !== 'cluster' || !rule.changes) return await handler(request, sight);
    const record = {
      method,
      user: user.name,
      groups: user.groups,
      request: JSON.stringify(request).slice(0, maxLogged),
    };
    try {
      const response = await handler(request, sight);
      this.#options.log.info({ ...record, result: 'changed' }, 'audit');
      return response;
    } catch (error) {
      this.#options.log.info({ ...record, result: messageOf(error) }, 'audit');
      throw error;
    }
  }
}

function isSame(a: Sight, b: Sight): boolean {
  return a === null || b === null ? a === b : a.size === b.size && [...a].every((namespace) => b.has(namespace));
}

function tooMany(): WeirError {
  return new WeirError('TOO_MANY', `${callsPerSecond} calls a second are the most; wait a moment`);
}

/** Without the port, which is another for each connection. */
function addressOf({ from }: Caller): string {
  return from.replace(/:\d+$/, '');
}

interface Asking {
  readonly namespace?: string;
  readonly scope?: wire.Scope | null;
  readonly service?: wire.ServiceRef | null;
  readonly client?: wire.Entity | null;
  readonly server?: wire.Entity | null;
}

/** Every namespace that a request names, each once. */
function namespacesAsked(request: unknown): string[] {
  const { namespace, scope, service, client, server } = request as Asking;
  const ends = [client, server].map((end) => {
    if (end?.entity === 'workload') return end.workload.namespace;
    return end?.entity === 'service' ? end.service.namespace : '';
  });
  const named = [namespace, scope?.namespace, scope?.workload?.namespace, service?.namespace, ...ends];
  return [...new Set(named.filter((each): each is string => each !== undefined && each !== ''))];
}
