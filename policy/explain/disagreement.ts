import type { Coverage } from '../../core/coverage.ts';
import { type Edge, isFiltered } from '../../core/edge.ts';
import type { OtherPolicy, Policy } from '../../core/kubernetes.ts';
import type { UnixMs } from '../../core/time.ts';
import { refText } from '../evaluate/because.ts';
import { refOf } from '../evaluate/policy-key.ts';
import { pairText, type Why } from './why.ts';

/** What may speak for a disagreement between what was observed and what was computed. */
export interface Evidence {
  readonly observed: Edge;
  readonly why: Why;
  /** The policies that the decision rests on. */
  readonly deciding: readonly Policy[];
  /** Policies of kinds that Weir does not evaluate, in the namespaces of both ends or of the whole cluster. */
  readonly others: readonly OtherPolicy[];
  readonly coverage: Coverage;
  /** Network plugins of the nodes as agents recognised them. */
  readonly plugins: readonly string[];
}

/** Plugins that wire pods and enforce no NetworkPolicy themselves. */
const withoutEnforcement: ReadonlySet<string> = new Set(['bridge']);

function timeText(ms: UnixMs): string {
  return new Date(ms).toISOString();
}

/** When a policy was made; null where nobody says. */
function madeAt({ metadata: { creationTimestamp } }: Policy): UnixMs | null {
  const ms = Date.parse(creationTimestamp ?? '');
  return Number.isNaN(ms) ? null : ms;
}

/** Whether what the network did contradicts the decision. What depends contradicts nothing. */
export function disagrees({ verdict, ...edge }: Edge, { answer: { decision } }: Why): boolean {
  if (decision === 'denied') return verdict === 'forwarded';
  return decision === 'allowed' && verdict === 'dropped' && isFiltered(edge);
}

function ageCauses({ observed, deciding }: Evidence): string[] {
  const { firstSeenUnixMs, lastSeenUnixMs } = observed.merged;
  const made = deciding.map((policy) => ({ text: refText(refOf(policy)), ms: madeAt(policy) }));
  return made.flatMap(({ text, ms }) => {
    if (ms === null) return [];
    const when = `${text} was made at ${timeText(ms)}`;
    if (ms > lastSeenUnixMs) return [`${when}, after this was last seen at ${timeText(lastSeenUnixMs)}`];
    if (ms > firstSeenUnixMs)
      return [`${when}, and some of this was seen before, from ${timeText(firstSeenUnixMs)} on`];
    return [
      `${when}, before this was first seen at ${timeText(firstSeenUnixMs)}: the network plugin does not enforce it here`,
    ];
  });
}

function forwardedCauses(evidence: Evidence): string[] {
  const { observed, plugins } = evidence;
  const causes = ageCauses(evidence);
  if (observed.protocol === 'TCP' && observed.merged.counters.established === 0) {
    causes.push('no connection was opened in this time, only older ones went on, which many network plugins let be');
  }
  for (const plugin of plugins.filter((each) => withoutEnforcement.has(each))) {
    causes.push(`the network plugin ${plugin} enforces no NetworkPolicy by itself`);
  }
  return causes;
}

function droppedCauses({ observed, coverage }: Evidence): string[] {
  const { drops, lastSeenUnixMs } = observed.merged;
  const causes = [
    `a filter dropped it (${Object.keys(drops).sort().join(', ')}), last at ${timeText(lastSeenUnixMs)}: a policy that stood then and is gone or changed now, or rules outside of policies such as a node's firewall`,
  ];
  if (observed.byServer === null && coverage.nodesWithoutAgent.length > 0) {
    causes.push(
      `what the server's node saw is not known: no agent reports for ${coverage.nodesWithoutAgent.join(', ')}`,
    );
  }
  return causes;
}

/** What may be the cause of a disagreement, as sentences without a full stop; only what the data tells. */
export function causesOf(evidence: Evidence): string[] {
  const { observed, why, others } = evidence;
  const causes = observed.verdict === 'forwarded' ? forwardedCauses(evidence) : droppedCauses(evidence);
  if (why.differing !== null) {
    const { query, decision } = why.differing;
    causes.push(`not all pods of the two ends are alike: from ${pairText(query)} it is ${decision}`);
  }
  if (others.length > 0) {
    const names = others.slice(0, 5).map(({ kind, metadata }) => `${kind} ${metadata.name}`);
    const more = others.length > names.length ? ` and ${others.length - names.length} more` : '';
    causes.push(`there are policies of kinds that Weir does not evaluate: ${names.join(', ')}${more}`);
  }
  return causes;
}
