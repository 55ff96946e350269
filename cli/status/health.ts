import type { UnixMs } from '../../core/time.ts';
import type * as wire from '../../proto/wire.ts';
import { ageText } from '../text.ts';
import { certificateFindings } from './certificate.ts';
import { clusterFindings } from './cluster-findings.ts';
import { type Finding, fault, note, together } from './finding.ts';

/** Whether an installation is healthy: it is without faults. */
export interface Health {
  readonly healthy: boolean;
  /** Those of a cluster name it where there are several. */
  readonly findings: readonly Finding[];
}

/** When a status was made, by the clock of the aggregator; one of an older version does not say. */
export function momentOf({ replicas }: wire.GetStatusResponse): UnixMs {
  return replicas[0]?.seenUnixMs ?? Date.now();
}

function versionFindings({ version, replicas, clusters }: wire.GetStatusResponse): Finding[] {
  const others = replicas.filter((replica) => replica.version !== version);
  const agents = clusters.flatMap((cluster) => cluster.agents).filter(({ nodeIsGone }) => !nodeIsGone);
  return [
    ...others.map((replica) =>
      note(`aggregator ${replica.name} is of version ${replica.version}, this one of ${version}`),
    ),
    ...agents.flatMap(({ node, status }) =>
      status === null || status.version === version
        ? []
        : [note(`the agent is of version ${status.version}, the aggregator of ${version}`, node)],
    ),
  ];
}

/** Aggregators tell each other of themselves every ten seconds; one that did not for so long is missing. */
const silentAfterMs = 25_000;

function replicaFindings({ replicas }: wire.GetStatusResponse, now: UnixMs): Finding[] {
  const missing = replicas.filter(({ seenUnixMs }) => now - seenUnixMs > silentAfterMs);
  return missing.map(({ name, seenUnixMs }) =>
    fault(
      `aggregator ${name} was last heard of ${ageText(seenUnixMs, now)} ago: it ended, or does not reach the database`,
    ),
  );
}

/** What is wrong with an installation, the worst first. */
export function healthOf(answer: wire.GetStatusResponse): Health {
  const now = momentOf(answer);
  const { replicas, store, clusters } = answer;
  const findings = [
    ...(store === null || store.problem === '' ? [] : [fault(store.problem)]),
    ...replicaFindings(answer, now),
    ...replicas.flatMap(({ name, certificate }) =>
      certificateFindings(`the certificate of aggregator ${name}`, certificate, now),
    ),
    ...clusters.flatMap((cluster) => {
      const own = together(clusterFindings(cluster, now));
      return clusters.length === 1
        ? own
        : own.map((each) => ({ ...each, text: `${each.text} (cluster ${cluster.name})` }));
    }),
    ...versionFindings(answer),
  ];
  return { healthy: findings.every(({ severity }) => severity === 'note'), findings: together(findings) };
}
