import type { ClusterSnapshot, Policy } from '../core/kubernetes.ts';
import { type ManifestObject, type ManifestProblem, parseManifests, snapshotOf } from '../core/manifest.ts';
import { readManifests } from './manifest-files.ts';
import type { Terminal } from './terminal.ts';
import { printable } from './text.ts';

/** A cluster as manifests describe it. */
export interface ManifestSet {
  readonly cluster: ClusterSnapshot;
  readonly policies: readonly Policy[];
  readonly objects: readonly ManifestObject[];
  readonly problems: readonly ManifestProblem[];
}

/** Manifests of a large cluster, pods with their status included. */
const mostBytes = 256 * 1024 * 1024;

/** Reads files and folders. What cannot be read is among the problems. @throws WeirError MANIFEST_INVALID for no files */
export async function readManifestSet(paths: readonly string[]): Promise<ManifestSet> {
  const files = await readManifests(paths, mostBytes);
  const read = files.map(({ source, text }) => parseManifests(text, source, true));
  const objects = read.flatMap((each) => each.objects);
  const cluster = snapshotOf(objects.map(({ object }) => object));
  const policies = [...cluster.networkPolicies, ...cluster.clusterPolicies];
  return { cluster, policies, objects, problems: read.flatMap(({ problems }) => problems) };
}

/** Says on standard error what could not be read. */
export function remarkProblems(terminal: Terminal, { problems }: Pick<ManifestSet, 'problems'>): void {
  for (const { source, line, object, message } of problems) {
    terminal.remark(printable(`${source}:${line}: ${object}: ${message}`));
  }
}
