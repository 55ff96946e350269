import type { ExporterOptions } from '../../agent/export/exporter.ts';

/** An exporter that comes back soon after a failure, and waits long for a welcome on a busy machine. */
export const eagerExporter: ExporterOptions = {
  cluster: 'demo',
  node: 'n1',
  version: '0',
  firstRetryMs: 10,
  longestRetryMs: 50,
  answerWithinMs: 10_000,
};
