import type { Test } from 'tap';
import { AggregatorDouble, type Answers } from './aggregator-double.ts';
import { someAnswers } from './answers.ts';
import { weirHere } from './in-process.ts';
import { weir } from './run.ts';

/** `weir` in this process against an aggregator with known answers, until the test ends. @param change sets other answers */
export async function serving(t: Test, change: (answers: Answers) => void = () => undefined) {
  const answers = someAnswers();
  change(answers);
  const double = new AggregatorDouble(answers);
  const aggregator = await double.listen();
  t.teardown(() => double.close());
  return {
    double,
    aggregator,
    run: (...args: string[]) => weirHere(args, { aggregator, folder: process.cwd() }),
    pipe: (input: string, ...args: string[]) => weir(args, { aggregator, input }),
  };
}
