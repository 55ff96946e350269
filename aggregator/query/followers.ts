import type { Edge } from '../../core/edge.ts';
import type { Scope } from '../../core/scope.ts';
import { edgeInScope } from '../../core/scope.ts';
import { encodeEdge } from '../../proto/convert-edge.ts';
import type * as wire from '../../proto/wire.ts';
import { Graph } from '../graph/graph.ts';
import type { Segment } from '../graph/segment.ts';

/** Where a follower's windows go. */
export interface FollowSink {
  /** @returns false when no more should be written until `ready` is called */
  write(response: wire.FollowResponse): boolean;
  end(): void;
}

/** One caller that follows. Holds back a bounded number of windows while the caller is slow; skips and counts beyond. */
export class Follower {
  readonly #scope: Scope;
  readonly #sink: FollowSink;
  readonly #maxQueued: number;
  readonly #shown: (edges: readonly Edge[]) => readonly Edge[];
  #queue: Segment[] = [];
  #skipped = 0;
  #blocked = false;

  /** @param shown what edges look like to the caller */
  constructor(scope: Scope, sink: FollowSink, maxQueued: number, shown: (edges: readonly Edge[]) => readonly Edge[]) {
    this.#scope = scope;
    this.#sink = sink;
    this.#maxQueued = maxQueued;
    this.#shown = shown;
  }

  /** @returns whether a window had to be skipped */
  offer(segment: Segment): boolean {
    const full = this.#queue.length >= this.#maxQueued;
    if (full) {
      this.#queue.shift();
      this.#skipped++;
    }
    this.#queue.push(segment);
    this.#flush();
    return full;
  }

  /** The caller takes more. */
  ready(): void {
    this.#blocked = false;
    this.#flush();
  }

  /** Tells the caller that nothing more comes. */
  close(): void {
    this.#sink.end();
  }

  #flush(): void {
    while (!this.#blocked) {
      const segment = this.#queue.shift();
      if (segment === undefined) return;
      const graph = new Graph(Infinity);
      graph.add(segment.rows);
      const edges = graph.edges().filter((edge) => edgeInScope(this.#scope, edge));
      this.#blocked = !this.#sink.write({
        node: segment.node,
        windowStartUnixMs: segment.window.startUnixMs,
        windowEndUnixMs: segment.window.endUnixMs,
        edges: this.#shown(edges).map(encodeEdge),
        skippedWindows: this.#skipped,
        resumeToken: '',
        resumeLost: false,
      });
      this.#skipped = 0;
    }
  }
}

/** All callers that follow. */
export class Followers {
  readonly #followers = new Set<Follower>();
  #skippedWindows = 0;

  get count(): number {
    return this.#followers.size;
  }

  /** Windows that slow callers did not get, since the start. */
  get skippedWindows(): number {
    return this.#skippedWindows;
  }

  add(follower: Follower): void {
    this.#followers.add(follower);
  }

  delete(follower: Follower): void {
    this.#followers.delete(follower);
  }

  close(): void {
    for (const follower of this.#followers) follower.close();
  }

  publish(segment: Segment): void {
    for (const follower of this.#followers) if (follower.offer(segment)) this.#skippedWindows++;
  }
}
