import type { Address } from '../core/address.ts';
import { type FlowCounters, type FlowRecord, zeroCounters } from '../core/flow.ts';
import type { PodRef } from '../core/identity.ts';
import type { Milliseconds, UnixMs } from '../core/time.ts';

/** Numbers from 0 to 1 that are the same for the same seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export interface NodeFlowsOptions {
  readonly seed: number;
  readonly pods: number;
  readonly rowsPerWindow: number;
  readonly windowMs: Milliseconds;
  /** Share of the pods, here and at the far ends, that are replaced in a minute. */
  readonly churnPerMinute: number;
}

/** How an edge behaves: drawn once, so that one window is like the next. */
interface Habit {
  readonly record: Omit<FlowRecord, 'counters' | 'drops' | 'firstSeenUnixMs' | 'lastSeenUnixMs'>;
  readonly kind: 'datagrams' | 'kept-open' | 'one-connection-each';
  readonly requestsPerWindow: number;
  readonly requestBytes: number;
  readonly responseBytes: number;
  readonly rttMicros: number;
  /** Connections that stay open. */
  readonly open: number;
}

const segment = 1448;
const startUnixMs = 1_800_000_000_123;

/** Flows of a node's pods as services have them: 3 to 30 far ends a pod, most of what they do alike from window to window. */
export class NodeFlows {
  readonly #options: NodeFlowsOptions;
  readonly #random: () => number;
  #pods: PodRef[];
  #habits: Habit[];
  #windows = 0;

  constructor(options: NodeFlowsOptions) {
    this.#options = options;
    this.#random = seededRandom(options.seed);
    this.#pods = Array.from({ length: options.pods }, () => this.#newPod());
    this.#habits = this.#pods.flatMap((pod) => this.#habitsOf(pod));
  }

  #whole(from: number, to: number): number {
    return from + Math.floor(this.#random() * (to - from + 1));
  }

  #logNormal(median: number, spread: number): number {
    let sum = -6;
    for (let i = 0; i < 12; i++) sum += this.#random();
    return median * Math.exp(spread * sum);
  }

  #hex(digits: number): string {
    return Array.from({ length: digits }, () => this.#whole(0, 15).toString(16)).join('');
  }

  #newPod(): PodRef {
    const uid = [8, 4, 4, 4, 12].map((digits) => this.#hex(digits)).join('-');
    const name = `service-${this.#whole(1, 900)}-${this.#hex(9)}-${this.#hex(5)}`;
    return { namespace: `team-${this.#whole(1, 60)}`, name, uid };
  }

  #address(): Address {
    return `10.${this.#whole(64, 127)}.${this.#whole(0, 255)}.${this.#whole(1, 254)}` as Address;
  }

  #habitsOf(pod: PodRef): Habit[] {
    return Array.from({ length: this.#whole(3, 30) }, () => this.#newHabit(pod));
  }

  #newHabit(pod: PodRef): Habit {
    const draw = this.#random();
    const kind = draw < 0.15 ? 'datagrams' : draw < 0.6 ? 'kept-open' : 'one-connection-each';
    const isClient = this.#random() < 0.55;
    const port =
      kind === 'datagrams' ? 53 : ([80, 443, 5432, 6379, 8080, 8443, 9090, 50_051][this.#whole(0, 7)] as number);
    const isTranslated = isClient && this.#random() < 0.6;
    const isExternal = isClient && !isTranslated && this.#random() < 0.3;
    return {
      kind,
      record: {
        pod,
        role: isClient ? 'client' : 'server',
        directionBy: kind === 'datagrams' ? 'first-packet' : 'handshake',
        remote: this.#address(),
        port,
        protocol: kind === 'datagrams' ? 'UDP' : 'TCP',
        seenAs: isTranslated ? { address: `10.32.${this.#whole(0, 3)}.${this.#whole(1, 254)}` as Address, port } : null,
        remoteName: isExternal ? `api-${this.#whole(1, 200)}.example.com` : null,
      },
      requestsPerWindow: this.#logNormal(kind === 'datagrams' ? 6 : 12, 1.3),
      requestBytes: kind === 'datagrams' ? this.#logNormal(70, 0.1) : this.#logNormal(600, 0.7),
      responseBytes: kind === 'datagrams' ? this.#logNormal(150, 0.3) : this.#logNormal(3500, 1.2),
      rttMicros: this.#logNormal(350, 0.6),
      open: kind === 'kept-open' ? Math.ceil(this.#logNormal(2, 0.7)) : 0,
    };
  }

  /** Replaces pods and far ends. */
  #churn(): void {
    const { churnPerMinute, windowMs } = this.#options;
    const share = (churnPerMinute * windowMs) / 60_000;
    const gone = new Set(this.#pods.filter(() => this.#random() < share));
    const started = Array.from(gone, () => this.#newPod());
    this.#pods = [...this.#pods.filter((pod) => !gone.has(pod)), ...started];
    const kept = this.#habits.filter(({ record }) => !gone.has(record.pod));
    const fresh = started.flatMap((pod) => this.#habitsOf(pod));
    this.#habits = [...kept, ...fresh].map((habit) =>
      this.#random() < share ? { ...habit, record: { ...habit.record, remote: this.#address() } } : habit,
    );
  }

  /** What the next window has. */
  next(): { readonly startUnixMs: UnixMs; readonly endUnixMs: UnixMs; readonly records: readonly FlowRecord[] } {
    const { windowMs, rowsPerWindow } = this.#options;
    if (this.#windows > 0) this.#churn();
    const start = startUnixMs + this.#windows++ * windowMs;
    const active = rowsPerWindow / this.#habits.length;
    const records = this.#habits.filter(() => this.#random() < active).map((habit) => this.#record(habit, start));
    return { startUnixMs: start, endUnixMs: start + windowMs, records };
  }

  #record(habit: Habit, start: UnixMs): FlowRecord {
    const { windowMs } = this.#options;
    const requests = Math.max(1, Math.round(habit.requestsPerWindow * (0.7 + 0.6 * this.#random())));
    const pause = windowMs / (requests + 1);
    const wait = () => Math.floor(-Math.log(1 - this.#random()) * pause);
    const first = Math.min(windowMs - 1, wait());
    const last = Math.max(first, windowMs - 1 - wait());
    const counters = this.#counters(habit, requests);
    const drops = this.#random() < 0.005 ? { NETFILTER_DROP: this.#whole(1, 9) } : {};
    return { ...habit.record, counters, drops, firstSeenUnixMs: start + first, lastSeenUnixMs: start + last };
  }

  #counters(habit: Habit, requests: number): FlowCounters {
    const counters = zeroCounters();
    const isTcp = habit.kind !== 'datagrams';
    const opened = !isTcp ? 0 : habit.kind === 'kept-open' ? (this.#random() < 0.1 ? 1 : 0) : requests;
    for (let i = 0; i < requests; i++) {
      const toServer = Math.round(habit.requestBytes * (0.7 + 0.6 * this.#random()));
      const toClient = Math.round(this.#logNormal(habit.responseBytes, isTcp ? 0.5 : 0.2));
      counters.bytesToServer += toServer;
      counters.bytesToClient += toClient;
      counters.packetsToServer += isTcp ? Math.ceil(toServer / segment) + Math.ceil(toClient / (2 * segment)) : 1;
      counters.packetsToClient += isTcp ? Math.ceil(toClient / segment) + this.#whole(0, 1) : 1;
    }
    if (!isTcp) return counters;
    const failed = this.#random() < 0.01 ? this.#whole(1, 3) : 0;
    counters.established = opened;
    counters.refused = failed;
    counters.attempts = habit.record.role === 'client' ? opened + failed : 0;
    counters.synPackets = opened + failed + (this.#random() < 0.01 ? 1 : 0);
    counters.packetsToServer += 3 * opened;
    counters.packetsToClient += 2 * opened;
    counters.retransmits = this.#random() < 0.03 ? this.#whole(1, 3) : 0;
    counters.rttSamples = opened + habit.open;
    for (let i = 0; i < counters.rttSamples; i++)
      counters.rttMicros += Math.round(this.#logNormal(habit.rttMicros, 0.3));
    return counters;
  }
}
