import { randomBytes } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { WeirError } from '../../core/errors.ts';
import type { Clock, Milliseconds } from '../../core/time.ts';
import type { Answer } from '../graph/history.ts';

export interface SnapshotOptions {
  /** How many answers are kept. */
  readonly maxSnapshots: number;
  /** How many edges all of them may have together; the ones that were not used for the longest time go first. */
  readonly maxEdges: number;
  /** How long one is kept after its last page. */
  readonly keepMs: Milliseconds;
  readonly clock: Clock;
}

interface Snapshot {
  /** What was asked. */
  readonly question: string;
  readonly answer: Answer;
}

/** A place in an answer that is kept. */
export interface Place {
  readonly answer: Answer;
  /** Where the page begins. */
  readonly offset: number;
  /** The token of another page. */
  readonly tokenFor: (offset: number) => string;
}

/** Answers that are handed out in pages: each page is of the moment of the first. */
export class Snapshots {
  readonly #byId: LRUCache<string, Snapshot>;

  constructor({ maxSnapshots, maxEdges, keepMs, clock }: SnapshotOptions) {
    this.#byId = new LRUCache({
      max: maxSnapshots,
      maxSize: maxEdges + 1,
      sizeCalculation: ({ answer }) => answer.edges.length + 1,
      ttl: keepMs,
      ttlResolution: 0,
      updateAgeOnGet: true,
      perf: clock,
    });
  }

  /** Edges of all answers that are kept. */
  get edges(): number {
    return this.#byId.calculatedSize;
  }

  /** Keeps an answer. @param question what was asked, equal for equal questions only */
  keep(question: string, answer: Answer): Place {
    const id = randomBytes(12).toString('base64url');
    this.#byId.set(id, { question, answer });
    return placeIn(id, answer, 0);
  }

  /** @throws WeirError PAGE_EXPIRED; QUERY_INVALID when the token is none, or of another question */
  find(token: string, question: string): Place {
    const [, id, digits] = /^([\w-]{16})\.(\d{1,9})$/.exec(token) ?? [];
    if (id === undefined || digits === undefined) {
      throw new WeirError('QUERY_INVALID', 'the page token is none; give it as the answer before gave it');
    }
    const snapshot = this.#byId.get(id);
    if (snapshot === undefined) {
      throw new WeirError('PAGE_EXPIRED', 'pages are kept for a while after the last one; begin with the first page');
    }
    if (snapshot.question !== question) {
      throw new WeirError('QUERY_INVALID', 'the page token is of another question; ask as for the first page');
    }
    return placeIn(id, snapshot.answer, Number(digits));
  }
}

function placeIn(id: string, answer: Answer, offset: number): Place {
  return { answer, offset, tokenFor: (next) => `${id}.${next}` };
}
