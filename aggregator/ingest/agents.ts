import type { Milliseconds, UnixMs } from '../../core/time.ts';
import type * as wire from '../../proto/wire.ts';
import type { Cursor } from '../store/store.ts';
import type { Session } from './session.ts';

/** What is known of the agent of one node. */
export interface AgentState {
  readonly node: string;
  readonly connected: boolean;
  readonly committed: wire.BatchId | null;
  /** 0 when no batch was committed. */
  readonly lastWindowEndUnixMs: UnixMs;
  /** From the end of that window to when it was known to be committed; 0 when none was since the start. */
  readonly lagMs: Milliseconds;
  /** As the agent last told it; null when it did not since this process started. */
  readonly status: wire.AgentStatus | null;
}

interface Agent {
  session: Session | null;
  cursor: Cursor | null;
  lagMs: Milliseconds;
  status: wire.AgentStatus | null;
}

const unknown: Readonly<Agent> = { session: null, cursor: null, lagMs: 0, status: null };

/** The agents that have a stream open or have ever committed a batch. */
export class Agents {
  readonly #byNode: Map<string, Agent>;
  #connected = 0;

  constructor(cursors: readonly Cursor[]) {
    this.#byNode = new Map(cursors.map((cursor) => [cursor.node, { ...unknown, cursor }]));
  }

  /** How many have a stream open. */
  get connected(): number {
    return this.#connected;
  }

  /** Makes a stream the only one of its node. @returns the stream that it takes over from, if there is one */
  connect(node: string, session: Session): Session | null {
    const agent = this.#byNode.get(node) ?? { ...unknown };
    this.#byNode.set(node, agent);
    const before = agent.session;
    if (before === null) this.#connected++;
    agent.session = session;
    return before;
  }

  /** Forgets a stream that has ended, and its node too when nothing was ever committed of it. */
  disconnect(node: string, session: Session): void {
    const agent = this.#byNode.get(node);
    if (agent?.session !== session) return;
    agent.session = null;
    this.#connected--;
    if (agent.cursor === null) this.#byNode.delete(node);
  }

  told(node: string, status: wire.AgentStatus | null): void {
    const agent = this.#byNode.get(node);
    if (agent !== undefined && status !== null) agent.status = status;
  }

  /** Takes in how far a node is committed, by this aggregator or another; what is known to be further stays. */
  committed(cursor: Cursor, now: UnixMs): void {
    const agent = this.#byNode.get(cursor.node) ?? { ...unknown };
    this.#byNode.set(cursor.node, agent);
    if (agent.cursor !== null && !isBehind(agent.cursor, cursor)) return;
    agent.cursor = cursor;
    agent.lagMs = Math.max(0, now - cursor.windowEndUnixMs);
  }

  sessions(): readonly Session[] {
    return [...this.#byNode.values()].map(({ session }) => session).filter((session) => session !== null);
  }

  /** Sorted by node. */
  states(): readonly AgentState[] {
    return [...this.#byNode.entries()]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([node, { session, cursor, lagMs, status }]) => ({
        node,
        connected: session !== null,
        committed: cursor === null ? null : { epoch: cursor.epoch, sequence: cursor.sequence },
        lastWindowEndUnixMs: cursor?.windowEndUnixMs ?? 0,
        lagMs,
        status,
      }));
  }
}

function isBehind(a: Cursor, b: Cursor): boolean {
  return a.epoch < b.epoch || (a.epoch === b.epoch && a.sequence < b.sequence);
}
