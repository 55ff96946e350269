import { WeirError } from '../core/errors.ts';
import type { ManifestProblem } from '../core/manifest.ts';
import type { FlowFile } from './flow-file.ts';

/** What stands for an aggregator. */
export interface OfflineSources {
  /** Where the cluster is read from, and the policies that are applied there. */
  readonly manifests: readonly string[];
  /** What `weir flows -o jsonl` printed. */
  readonly flows: string;
}

export const unknownCoverage = 'flows were read from a file, which does not tell what was watched and what was missed';

/** Null when an aggregator is to be asked. @throws WeirError USAGE unless both or none of them are named */
export function offlineSources({ manifests, flows }: Partial<OfflineSources>): OfflineSources | null {
  if (manifests !== undefined && flows !== undefined) return { manifests, flows };
  if (manifests === undefined && flows === undefined) return null;
  throw new WeirError(
    'USAGE',
    '--manifests and --flows go together: the cluster, and what weir flows -o jsonl printed',
  );
}

/** What could not be read of a file of flows, by line. */
export function flowProblems(file: string, { problems }: FlowFile): ManifestProblem[] {
  return problems.map(({ line, message }) => ({ source: file, line, object: 'flow', message }));
}
