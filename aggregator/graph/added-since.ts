import type { UnixMs } from '../../core/time.ts';
import type { StoredSegment } from './contribution.ts';
import { type KeptSegment, KeptSegments } from './kept-segments.ts';
import type { Segment } from './segment.ts';

/** What was added while something else is under way, in that order. */
export class AddedSince {
  readonly #kept = new KeptSegments();
  readonly #added: { readonly id: number; readonly segment: KeptSegment }[] = [];

  add(segment: Segment, id: number): void {
    this.#added.push({ id, segment: this.#kept.keep(segment) });
  }

  /** @param isWanted asked once for each, in their order */
  *segments(isWanted: (id: number, startUnixMs: UnixMs) => boolean): Generator<StoredSegment> {
    for (const { id, segment } of this.#added) {
      if (isWanted(id, this.#kept.startOf(segment))) yield { id, segment: this.#kept.read(segment) };
    }
  }

  /** Nobody asks for them any more. */
  end(): void {
    for (const { segment } of this.#added.splice(0)) this.#kept.drop(segment);
  }
}
