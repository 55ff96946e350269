import type * as wire from '../proto/wire.ts';
import { plural } from './text.ts';

/** What it means that something was lost at a stage, by the stage's name in coverage and metrics. */
const meanings: Readonly<Record<string, string>> = {
  'socket-edges-full': "the kernel's table of connections was full",
  'packet-edges-full': "the kernel's table of packet counts was full",
  'drop-edges-full': "the kernel's table of dropped packets was full",
  'overflow-ring-full': 'the ring that takes what full tables cannot hold was full too',
  'translations-full': 'the table of address translations was full, so what is behind a Service is not known for all',
  'sockets-full': 'the kernel had no room to remember which flow a socket belongs to',
  'socket-storage-failed': 'the kernel had no room to remember which flow a socket belongs to',
  'dns-answers-lost': 'DNS answers came faster than they could be read, so names of servers may be missing',
  'drops-unattributed': 'for dropped packets it could not be told which flow they belong to',
  identity: 'the pod behind an interface could not be named in time',
  spool: 'the spool was full, and the oldest batches in it were deleted before the aggregator had them',
  'capture-restart': 'the capture was started anew, and what happened meanwhile was not seen',
  'missing-batches': 'batches never arrived here: their agent did not hold them any more',
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
