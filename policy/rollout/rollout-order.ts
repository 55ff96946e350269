import type { Edge } from '../../core/edge.ts';
import type { Decision } from '../../core/verdict.ts';
import { decisionOf } from '../replay/edge-sides.ts';
import { succeeded } from '../evaluate/outcome.ts';
import type { PolicyEdit, PreparedReplay, Redecided, Trial } from '../replay/prepared-replay.ts';

const severity: Readonly<Record<Decision, number>> = { allowed: 0, depends: 1, denied: 2 };

/** For each edge the worst that it may come to on the way: the worse of what it is at the start and at the end. */
export class Limits {
  readonly #limits: Uint8Array;

  constructor(edges: readonly Edge[], before: (index: number) => Decision, after: (index: number) => Decision) {
    this.#limits = Uint8Array.from(edges, (edge, index) => {
      // What did not come through has nothing to lose.
      return succeeded(edge) ? Math.max(severity[before(index)], severity[after(index)]) : severity.denied;
    });
  }

  /** The edges that a trial would make worse than they need ever be. */
  cutBy({ turned }: Trial): readonly Redecided[] {
    return turned.filter(({ index, after }) => severity[decisionOf(after)] > (this.#limits[index] as number));
  }
}

/** A way as far as it goes without cutting anything, and what is left where it goes no further. */
export interface Way {
  readonly done: readonly PolicyEdit[];
  readonly left: readonly PolicyEdit[];
}

/** Bounds the search where the first way leads nowhere. */
interface Budget {
  trials: number;
}

/** Finds orders of edits in which no edge is cut. */
export class OrderSearch {
  readonly #replay: PreparedReplay;
  readonly #limits: Limits;
  readonly #budget: Budget;
  /** Sets of edits that are left from which no way leads on. */
  readonly #hopeless = new Set<string>();

  /** @param maxTrials how often an edit may be tried when it comes to going back */
  constructor(replay: PreparedReplay, limits: Limits, maxTrials: number) {
    this.#replay = replay;
    this.#limits = limits;
    this.#budget = { trials: maxTrials };
  }

  /** Makes edits in the order in which they are given, each as soon as it cuts nothing. The replay stands at the end. */
  greedy(edits: readonly PolicyEdit[]): Way {
    const done: PolicyEdit[] = [];
    let left = [...edits];
    for (let moved = true; moved && left.length > 0; ) {
      moved = false;
      const still: PolicyEdit[] = [];
      for (const edit of left) {
        const trial = this.#replay.try(edit);
        if (this.#limits.cutBy(trial).length > 0) still.push(edit);
        else {
          this.#replay.commit(trial);
          done.push(edit);
          moved = true;
        }
      }
      left = still;
    }
    return { done, left };
  }

  /** Looks at other ways too, in depth; the replay stands as before. Null where none is found within the budget. */
  search(edits: readonly PolicyEdit[]): readonly PolicyEdit[] | null {
    if (edits.length === 0) return [];
    const key = edits
      .map(({ type, policy }) => `${type} ${policy.kind}/${policy.metadata.namespace}/${policy.metadata.name}`)
      .join('\n');
    if (this.#hopeless.has(key)) return null;
    for (const edit of edits) {
      if (this.#budget.trials-- <= 0) return null;
      const trial = this.#replay.try(edit);
      if (this.#limits.cutBy(trial).length > 0) continue;
      const undo = this.#replay.commit(trial);
      const rest = this.search(edits.filter((each) => each !== edit));
      undo();
      if (rest !== null) return [edit, ...rest];
    }
    this.#hopeless.add(key);
    return null;
  }
}
