import type { Undo } from './undo.ts';

/** What a figure has to reach. */
export type Bar = { readonly atMost: number } | { readonly atLeast: number };

/** One thing that was measured, once a round. */
export interface Figure {
  readonly label: string;
  /** Such as ns or MB; empty for a plain number. */
  readonly unit: string;
  readonly perRound: readonly number[];
  readonly bar?: Bar;
}

/** Numbers by name, or by the name of what they are of and then their own. */
export type Figures = { readonly [name: string]: number | null | Figures };

export interface Result {
  /** What `--json` prints; null for what could not be told. */
  readonly json: Figures;
  /** The same and more for people. */
  readonly figures: readonly Figure[];
}

/** What a run of a bench is given. */
export interface Run {
  readonly rounds: number;
  /** Length of one measurement; each bench says what it is there. */
  readonly seconds: number;
  /** Aborts when the bench is asked to end; everything that waits must look at it. */
  readonly abort: AbortSignal;
  /** What has to be taken back at the end, however it comes. */
  readonly undo: Undo;
  readonly progress: (text: string) => void;
}

export interface Bench {
  readonly name: string;
  /** What it measures, in one sentence. */
  readonly sentence: string;
  /** When nothing else is asked for. */
  readonly rounds: number;
  readonly seconds: number;
  run(run: Run): Promise<Result>;
}
