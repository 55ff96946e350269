import type * as wire from '../proto/wire.ts';
import { plural } from './text.ts';

/** What it means that something was lost at a stage, by the stage's name in coverage and metrics. */
const meanings: Readonly<Record<string, string>> = {
  'overflow-ring-full': 'the ring that takes what full tables cannot hold was full too',
  'overflow-table-full': 'more edges than the agent keeps for one window did not fit into the tables of the kernel',
  'translations-full': 'the table of address translations was full, so what is behind a Service is not known for all',
  identity: 'the pod behind an interface could not be named in time',
  spool: 'the spool was full, or what was in it could not be sent, and was deleted before the aggregator had it',
  'batch-full': 'the window had more rows than one batch may have',
  'capture-restart': 'the capture was started anew, and what happened meanwhile was not seen',
  'missing-batches':
    'batches are not here and their agent does not hold them any more: it had to drop them, or the database was restored from an older copy',
  'aggregator-graph': 'the graph was full (--max-edges), and further edges were left out of it',
};

/** What was lost at a stage in words: `4 events lost at identity: the pod ...`. The name alone where it is not known. */
export function lossText({ stage, events }: wire.Loss): string {
  const meaning = Object.hasOwn(meanings, stage) ? `: ${meanings[stage]}` : '';
  return `${plural(events, 'event')} lost at ${stage}${meaning}`;
}

/** What was lost, for a line that says more: `identity 4, spool 2`. */
export function lossesText(losses: readonly wire.Loss[]): string {
  return losses.map(({ stage, events }) => `${stage} ${events}`).join(', ');
}
