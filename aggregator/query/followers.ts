import type { Edge } from '../../core/edge.ts';
import { WeirError } from '../../core/errors.ts';
import { encodeEdge } from '../../proto/convert-edge.ts';
import type * as wire from '../../proto/wire.ts';
import type { FollowedWindow, FollowTail } from './follow-tail.ts';

/** Where a follower's windows go. */
export interface FollowSink {
  /** @returns false when no more should be written until `ready` is called */
  write(response: wire.FollowResponse): boolean;
  fail(error: WeirError): void;
}

/** After so many windows without an edge that matches one goes out all the same: its token is the way to come back. */
const quietWindows = 64;

/** One caller that follows: a place in the tail, which moves on while the caller reads. */
export class Follower {
  readonly #choose: (edges: readonly Edge[]) => readonly Edge[];
  readonly #sink: FollowSink;
  readonly #tail: FollowTail;
  #nextPlace: number;
  #isLost: boolean;
  #skipped = 0;
  #quiet = 0;
  #blocked = false;

  /**
   * @param choose which edges are sent, and what they look like
   * @param token behind which it goes on; empty for what comes from now on. @throws WeirError QUERY_INVALID
   */
  constructor(choose: (edges: readonly Edge[]) => readonly Edge[], sink: FollowSink, tail: FollowTail, token: string) {
    this.#choose = choose;
    this.#sink = sink;
    this.#tail = tail;
    const place = token === '' ? { nextPlace: tail.lastPlace + 1, isLost: false } : tail.resume(token);
    if (place === null) throw new WeirError('QUERY_INVALID', 'the resume token is none; give it as a response gave it');
    this.#nextPlace = place.nextPlace;
    this.#isLost = place.isLost;
  }

  /** Sends what is there. @returns how many windows were left out because they are not kept any more */
  flush(): number {
    const missed = Math.max(0, this.#tail.firstPlace - this.#nextPlace);
    this.#skipped += missed;
    this.#nextPlace += missed;
    while (!this.#blocked) {
      const window = this.#tail.window(this.#nextPlace);
      if (window === undefined) break;
      this.#nextPlace++;
      this.#send(window);
    }
    return missed;
  }

  #send({ id, segment: { node, window }, missing, edges }: FollowedWindow): void {
    this.#skipped += missing;
    const matching = this.#choose(edges);
    const isQuiet = matching.length === 0 && this.#skipped === 0 && !this.#isLost;
    if (isQuiet && ++this.#quiet < quietWindows) return;
    this.#blocked = !this.#sink.write({
      node,
      windowStartUnixMs: window.startUnixMs,
      windowEndUnixMs: window.endUnixMs,
      edges: matching.map(encodeEdge),
      skippedWindows: this.#skipped,
      resumeToken: String(id),
      resumeLost: this.#isLost,
    });
    this.#skipped = 0;
    this.#quiet = 0;
    this.#isLost = false;
  }

  /** The caller takes more. */
  unblock(): void {
    this.#blocked = false;
  }

  /** Tells the caller to come back later. */
  close(): void {
    this.#sink.fail(new WeirError('SHUTTING_DOWN', 'follow again later, from the last resume token on'));
  }
}

/** All callers that follow. */
export class Followers {
  readonly tail: FollowTail;
  readonly #maxFollowers: number;
  readonly #followers = new Set<Follower>();
  #skippedWindows = 0;

  /** @param maxFollowers further callers are turned away */
  constructor(tail: FollowTail, maxFollowers: number) {
    this.tail = tail;
    this.#maxFollowers = maxFollowers;
  }

  get count(): number {
    return this.#followers.size;
  }

  /** Windows that slow callers did not get, since the start. */
  get skippedWindows(): number {
    return this.#skippedWindows;
  }

  /** @throws WeirError TOO_MANY */
  add(follower: Follower): void {
    if (this.#followers.size >= this.#maxFollowers) {
      throw new WeirError('TOO_MANY', `${this.#maxFollowers} callers follow; end one, or try again later`);
    }
    this.#followers.add(follower);
  }

  delete(follower: Follower): void {
    this.#followers.delete(follower);
  }

  /** Sends a follower what it did not get yet. @param isReady whether it takes more again */
  flush(follower: Follower, isReady = false): void {
    if (isReady) follower.unblock();
    this.#skippedWindows += follower.flush();
  }

  close(): void {
    for (const follower of this.#followers) follower.close();
  }

  /** Sends everyone what is held up to an id: nothing comes before it any more. */
  release(throughId: number): void {
    this.tail.release(throughId);
    for (const follower of this.#followers) this.flush(follower);
  }
}
