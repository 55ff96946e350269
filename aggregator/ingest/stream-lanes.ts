import type { PodRef } from '../../core/identity.ts';
import type { UnixMs } from '../../core/time.ts';
import type { RowColumns } from '../../proto/column-batch.ts';
import type { Dictionary, EdgeParts } from '../../proto/dictionary.ts';
import type { Lane, Lanes } from '../graph/lane.ts';
import type { Identity } from '../identity/identity.ts';
import { podKeys } from '../identity/known-pod.ts';
import type { RemotePeer } from '../identity/remote-peer.ts';
import { Answers, type AnswerSubjects } from './answers.ts';
import { noSubject, type Subjects } from './subjects.ts';

/** What the streams of all agents share. */
export interface LaneSources {
  readonly identity: Identity;
  readonly subjects: Subjects;
  readonly lanes: Lanes;
  /** Counts the pods that an agent reported for which the cluster has on another node than the agent's. */
  readonly foreign: { pods: number };
}

/** What the rows of a batch are counted in. */
export interface Resolved {
  /** By row the place of its lane in the `lanes` of the stream. */
  readonly slots: Uint32Array;
  /** Keys of pods and addresses of which the cluster's state may only be late to show who they are. */
  readonly unknown: ReadonlySet<string>;
}

/**
 * The lanes that the edges of one stream are counted in. Each edge is asked about once, and again only when the answer
 * may be another: for a time beyond that for which it was given, or when more is known of who is in it.
 */
export class StreamLanes {
  readonly #sources: LaneSources;
  readonly #node: string;
  #answers: Answers | null = null;

  constructor(sources: LaneSources, node: string) {
    this.#sources = sources;
    this.#node = node;
  }

  /** Lanes by the slots that `resolve` gave last. */
  get lanes(): readonly Lane[] {
    return this.#answers?.lanes ?? [];
  }

  /** @param givenUp has those that were waited for in vain */
  resolve(
    { dictionary, edges, lastSeenUnixMs, coded }: RowColumns,
    givenUp: Pick<ReadonlySet<string>, 'has'>,
  ): Resolved {
    const { tick, changedAt } = this.#sources.subjects;
    const answers = this.#answersIn(dictionary, tick);
    for (const row of answers.fallen(edges, lastSeenUnixMs, changedAt, tick)) {
      this.#ask(answers, dictionary, edges[row] as number, lastSeenUnixMs[row] as number);
    }
    answers.settle();
    return {
      slots: answers.slotsOf(edges, coded?.memory.uint32(edges.length)),
      unknown: answers.waits(edges, givenUp),
    };
  }

  #answersIn(dictionary: Dictionary, tick: number): Answers {
    if (this.#answers?.serves(dictionary, tick) !== true) this.#answers = new Answers(dictionary, tick);
    this.#answers.grow();
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
    const lane = lanes.of({ client, server, protocol: parts.protocol, port }, parts.role, service);
    const { tick } = subjects;
    if (!answers.knowsPod(dictionary.edges.pod[edge] as number)) this.#countForeign(parts.pod);
    answers.set(edge, lane, identity.steady(record), tick, this.#subjectsOf(parts, peer));
    answers.setWaits(edge, identity.knows(parts.pod) ? waitsFor : [...podKeys(parts.pod), ...waitsFor]);
  }

  /** Those of whom more may become known, so that the answer to an edge is another then. */
  #subjectsOf({ pod, remote: far, seenAs }: EdgeParts, { entity, service, waitsFor }: RemotePeer): AnswerSubjects {
    const { identity, subjects } = this.#sources;
    const [uid, name] = podKeys(pod) as [string, string];
    const remote = subjects.of(far);
    const onBlocks = entity.type === 'external' || entity.type === 'unresolved';
    if (onBlocks || waitsFor.length > 0) subjects.open(remote);
    const called = seenAs === null ? noSubject : subjects.of(seenAs.address);
    if (seenAs !== null && (service === null || waitsFor.length > 0)) subjects.open(called);
    return { uid: subjects.of(uid), name: identity.knowsUid(uid) ? noSubject : subjects.of(name), remote, called };
  }

  #countForeign(pod: PodRef): void {
    const { identity, foreign } = this.#sources;
    if ((identity.nodeOf(pod) ?? this.#node) !== this.#node) foreign.pods++;
  }
}
