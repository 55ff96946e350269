import { release } from 'node:os';
import { serialize } from 'node:v8';
import type { Logger } from 'pino';
import { messageOf } from '../core/errors.ts';
import type { PodRef } from '../core/identity.ts';
import type { Clock, Milliseconds, UnixMs } from '../core/time.ts';
import { version } from '../core/version.ts';
import type * as wire from '../proto/wire.ts';
import type { Exporter } from './export/exporter.ts';
import type { Fold, FoldState } from './fold/fold.ts';
import type { InterfacesState } from './identity/interfaces.ts';
import type { NodePodsSource } from './identity/node-pods.ts';
import { identityStatus, type InterfacesView } from './identity/status.ts';
import type { Names } from './names/names.ts';
import type { Scope, Source } from './source/source.ts';
import type { Spool } from './spool/spool.ts';
import type { Windows } from './spool/windows.ts';

/** What the agent's parts have to offer each other. */
export interface AgentParts {
  readonly source: Source;
  readonly interfaces: InterfacesView & { state(): InterfacesState; podOf(scope: Scope): PodRef | null };
  readonly nodePods: NodePodsSource;
  readonly names: Names;
  readonly fold: Fold;
  readonly spool: Spool;
  readonly windows: Windows;
  readonly clock: Clock;
  readonly log: Logger;
}

type StatusParts = Pick<AgentParts, 'source' | 'spool' | 'nodePods'> & { readonly interfaces: InterfacesView };

/** What an agent says of itself besides what its parts know. */
export interface AgentTraits {
  readonly windowMs: Milliseconds;
  /** Of the certificate that proves its node; null where none does. */
  readonly certificate: wire.Validity | null;
}

/** What a later start of the agent needs to go on exactly where a window ended. */
export interface AgentState {
  /** Of this structure and those inside it. */
  readonly version: typeof stateVersion;
  readonly source: unknown;
  readonly interfaces: InterfacesState;
  readonly fold: FoldState;
}

export const stateVersion = 1;

export function stateOf({ source, interfaces, fold }: AgentParts): Uint8Array {
  const state: AgentState = {
    version: stateVersion,
    source: source.state(),
    interfaces: interfaces.state(),
    fold: fold.state(),
  };
  return serialize(state);
}

/** The state of an agent as the aggregator shows it. */
export function statusOf({ source, interfaces, spool, nodePods }: StatusParts, traits: AgentTraits): wire.AgentStatus {
  const { pending, bytes } = spool.ledger;
  return {
    ...traits,
    version,
    kernel: release(),
    batchesPending: pending,
    spoolBytes: bytes,
    spoolMaxBytes: spool.maxBytes,
    features: [...source.features, nodePods.feature],
    ...identityStatus(interfaces),
  };
}

/** Keeps the state of now for a later start. Without it that start goes on from the state of the last batch. */
export function beginState(parts: AgentParts): void {
  try {
    parts.spool.begin(stateOf(parts));
  } catch (error) {
    parts.log.error({ reason: messageOf(error) }, 'the state of this start is not kept');
  }
}

/** Answers are read while they are few. */
const readNamesMs = 500;

/** Ends a window at every tick: drain, fold, spool, send. */
export class Agent {
  readonly #parts: AgentParts;
  readonly #exporter: Exporter;
  readonly #windowMs: Milliseconds;
  #windowStart: UnixMs;
  #timer: NodeJS.Timeout | null = null;
  #namesTimer: NodeJS.Timeout | null = null;

  constructor(parts: AgentParts, exporter: Exporter, windowMs: Milliseconds) {
    this.#parts = parts;
    this.#exporter = exporter;
    this.#windowMs = windowMs;
    this.#windowStart = parts.clock.now();
  }

  start(): void {
    beginState(this.#parts);
    this.#exporter.start();
    this.#timer = setInterval(() => this.endWindow(), this.#windowMs);
    this.#namesTimer = setInterval(() => this.#readNames(), readNamesMs);
  }

  /** Spools what the last, shorter window saw. The kernel side must still be open. */
  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    if (this.#namesTimer !== null) clearInterval(this.#namesTimer);
    this.#keepWindow();
    this.#exporter.stop();
  }

  #readNames(): void {
    const { source, names, clock } = this.#parts;
    names.add(source.dnsPayloads(), clock.now());
  }

  endWindow(): void {
    const { source, interfaces } = this.#parts;
    if (this.#keepWindow()) source.release((scope) => interfaces.podOf(scope) !== null);
    this.#exporter.pump();
  }

  /**
   * Every window makes a batch, also an empty one: silence that was watched is not the same as not watching.
   * @returns whether all that was seen so far is kept
   */
  #keepWindow(): boolean {
    const { source, fold, windows, clock, log } = this.#parts;
    const { edges, losses } = source.drain();
    this.#readNames();
    const now = clock.now();
    fold.add(edges, losses, now);
    // A clock that was set back must not make a window that ends before it begins.
    const startUnixMs = Math.min(this.#windowStart, now - 1);
    this.#windowStart = now;
    const folded = fold.take();
    if (Object.keys(folded.losses).length > 0) log.error({ losses: folded.losses }, 'events lost in this window');
    return windows.keep({ window: { startUnixMs, endUnixMs: now }, ...folded }, stateOf(this.#parts));
  }
}
