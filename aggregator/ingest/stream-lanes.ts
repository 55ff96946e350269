import type { UnixMs } from '../../core/time.ts';
import type { RowColumns } from '../../proto/column-batch.ts';
import type { Dictionary, EdgeParts } from '../../proto/dictionary.ts';
import type { Lane, Lanes } from '../graph/lane.ts';
import type { Identity } from '../identity/identity.ts';
import { podKeys } from '../identity/known-pod.ts';
import type { RemotePeer } from '../identity/remote-peer.ts';
import type { Subject, Subjects } from './subjects.ts';

/** What the streams of all agents share. */
export interface LaneSources {
  readonly identity: Identity;
  readonly subjects: Subjects;
  readonly lanes: Lanes;
  /** Counts the pods that an agent reported for which the cluster has on another node than the agent's. */
  readonly foreign: { pods: number };
}

/** What was answered of the edges of a dictionary, by their numbers. */
class Answers {
  /** Place of the lane in `lanes`, plus 1; 0 for an edge that was never asked about. */
  slot = new Uint32Array(0);
  /** At which tick of the subjects. */
  tick = new Float64Array(0);
  /** The answer is for times between these two, exclusive. */
  afterUnixMs = new Float64Array(0);
  beforeUnixMs = new Float64Array(0);
  /** No two are equal; some may be of edges that were asked about anew since. */
  readonly lanes: Lane[] = [];
  readonly slotOf = new Map<string, number>();
  /** By edge: who of its ends may become known yet. */
  readonly waits = new Map<number, readonly string[]>();
  /** By number of the pod, and of the address. */
  readonly pods: Subject[] = [];
  readonly addresses: Subject[] = [];
  /** The name of a pod, where its UID is not known. */
  readonly podNames = new Map<number, Subject>();

  grow(edges: number): void {
    const size = Math.max(edges, Math.min(2 * this.slot.length, edges + 1024));
    const [slot, tick, after, before] = [
      new Uint32Array(size),
      new Float64Array(size),
      new Float64Array(size),
      new Float64Array(size),
    ];
    slot.set(this.slot);
    tick.set(this.tick);
    after.set(this.afterUnixMs);
    before.set(this.beforeUnixMs);
    [this.slot, this.tick, this.afterUnixMs, this.beforeUnixMs] = [slot, tick, after, before];
  }

  slotFor(lane: Lane): number {
    let slot = this.slotOf.get(lane.key);
    if (slot === undefined) {
      slot = this.lanes.push(lane);
      this.slotOf.set(lane.key, slot);
    }
    return slot;
  }
}

/**
 * The lanes that the edges of one stream are counted in. Each edge is asked about once, and again only when the answer
 * may be another: for a time beyond that for which it was given, or when more is known of who is in it.
 */
export class StreamLanes {
  readonly #sources: LaneSources;
  readonly #node: string;
  #dictionary: Dictionary | null = null;
  #answers = new Answers();

  constructor(sources: LaneSources, node: string) {
    this.#sources = sources;
    this.#node = node;
  }

  /** Lanes by the slots that `slotsOf` gave last. */
  get lanes(): readonly Lane[] {
    return this.#answers.lanes;
  }

  /**
   * For each row the place of its lane in `lanes`.
   * @param unknown gets keys of pods and addresses of which the cluster's state may only be late to show who they are
   */
  slotsOf({ dictionary, edges, lastSeenUnixMs }: RowColumns, unknown: Set<string>): Uint32Array {
    const answers = this.#answersIn(dictionary);
    const { pod, remote, seenAs } = dictionary.edges;
    const { slot, tick, afterUnixMs, beforeUnixMs, pods, addresses, podNames, waits } = answers;
    const slots = new Uint32Array(edges.length);
    for (let row = 0; row < edges.length; row++) {
      const edge = edges[row] as number;
      const seen = lastSeenUnixMs[row] as number;
      const told = tick[edge] as number;
      const translated = seenAs[edge] as number;
      const stands =
        slot[edge] !== 0 &&
        seen > (afterUnixMs[edge] as number) &&
        seen < (beforeUnixMs[edge] as number) &&
        told >= (pods[pod[edge] as number] as Subject).changedAt &&
        told >= (addresses[remote[edge] as number] as Subject).changedAt &&
        (translated === 0 || told >= (addresses[translated - 1] as Subject).changedAt) &&
        (podNames.size === 0 || told >= (podNames.get(pod[edge] as number)?.changedAt ?? 0));
      if (!stands) this.#ask(answers, dictionary, edge, seen);
      slots[row] = (slot[edge] as number) - 1;
      if (waits.size > 0) for (const key of waits.get(edge) ?? []) unknown.add(key);
    }
    return slots;
  }

  #answersIn(dictionary: Dictionary): Answers {
    const edges = dictionary.edges.length;
    const isFull = this.#answers.lanes.length > 2 * edges + 64;
    if (dictionary !== this.#dictionary || isFull) {
      this.#dictionary = dictionary;
      this.#answers = new Answers();
    }
    if (edges > this.#answers.slot.length) this.#answers.grow(edges);
    return this.#answers;
  }

  #ask(answers: Answers, dictionary: Dictionary, edge: number, lastSeenUnixMs: UnixMs): void {
    const { identity, subjects, lanes } = this.#sources;
    const parts = dictionary.partsOf(edge);
    const record = { ...parts, lastSeenUnixMs };
    const reporter = identity.reporter(parts.pod);
    const peer = identity.remote(record);
    const { entity, port, service, waitsFor } = peer;
    const [client, server] = parts.role === 'client' ? [reporter, entity] : [entity, reporter];
    const span = identity.steady(record);
    answers.slot[edge] = answers.slotFor(
      lanes.of({ client, server, protocol: parts.protocol, port }, parts.role, service),
    );
    answers.tick[edge] = subjects.tick;
    answers.afterUnixMs[edge] = span.afterUnixMs;
    answers.beforeUnixMs[edge] = span.beforeUnixMs;
    this.#follow(answers, dictionary, edge, parts, peer);
    const waits = identity.knows(parts.pod) ? waitsFor : [...podKeys(parts.pod), ...waitsFor];
    if (waits.length > 0) answers.waits.set(edge, waits);
    else answers.waits.delete(edge);
  }

  /** Has the answer to an edge fall when more is known of any of those that it rests on. */
  #follow(answers: Answers, { edges }: Dictionary, edge: number, parts: EdgeParts, peer: RemotePeer): void {
    const { identity, subjects, foreign } = this.#sources;
    const pod = edges.pod[edge] as number;
    if (answers.pods[pod] === undefined && (identity.nodeOf(parts.pod) ?? this.#node) !== this.#node) foreign.pods++;
    answers.pods[pod] = subjects.of(parts.pod.uid);
    const [, name] = podKeys(parts.pod) as [string, string];
    if (identity.knowsUid(parts.pod.uid)) answers.podNames.delete(pod);
    else answers.podNames.set(pod, subjects.of(name));
    const { entity, service, waitsFor } = peer;
    const remote = subjects.of(parts.remote);
    answers.addresses[edges.remote[edge] as number] = remote;
    remote.isOpen ||= entity.type === 'external' || entity.type === 'unresolved' || waitsFor.length > 0;
    if (parts.seenAs === null) return;
    const called = subjects.of(parts.seenAs.address);
    answers.addresses[(edges.seenAs[edge] as number) - 1] = called;
    called.isOpen ||= service === null || waitsFor.length > 0;
  }
}
