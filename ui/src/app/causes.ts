import type { ClusterStatus, Coverage } from '../../../proto/wire.ts';

/** Why there is nothing to see, and what to do about it. */
export interface Cause {
  readonly title: string;
  readonly text: string;
  /** What a button can do about it. */
  readonly remedy: 'none' | 'all-time' | 'clear-filter' | 'coverage' | 'retry';
}

interface Fault {
  readonly code: string;
  readonly status: number;
  readonly message: string;
}

/** What an error means to the reader. */
export function causeOfError({ code, status, message }: Fault): Cause {
  if (status === 403) return { title: 'Not permitted', text: message, remedy: 'retry' };
  if (code === 'UNREACHABLE') {
    return {
      title: 'The aggregator does not answer',
      text: 'What is shown may be old. It is asked again by itself; look whether the pod runs and the way to it is open.',
      remedy: 'retry',
    };
  }
  if (status === 501)
    return { title: 'Not there yet', text: `This aggregator does not answer this: ${message}`, remedy: 'none' };
  if (status === 404) return { title: 'Not there', text: message, remedy: 'none' };
  return { title: 'That did not work', text: message, remedy: 'retry' };
}

export interface Looked {
  readonly status: ClusterStatus | null;
  readonly coverage: Coverage | null;
  /** Edges of the scope without the filter; null where that is not known. */
  readonly unfiltered: number | null;
  readonly filter: string;
  readonly search: string;
  /** Whether a span of time was chosen: false for all that is kept. */
  readonly bounded: boolean;
}

/** Features without which an agent sees no traffic at all. */
function blindAgents({ agents }: ClusterStatus): string[] {
  return agents.flatMap(({ node, status }) => {
    const reasons = (status?.features ?? [])
      .filter(({ active }) => !active)
      .map(({ name, reason }) => `${name}: ${reason}`);
    const sees = status?.features.some(({ active }) => active) ?? true;
    return sees ? [] : [`${node} (kernel ${status?.kernel ?? 'unknown'}): ${reasons.slice(0, 2).join('; ')}`];
  });
}

/** Why an answer without rows has none: the first cause that holds. */
export function causeOfNothing({ status, coverage, unfiltered, filter, search, bounded }: Looked): Cause {
  if (search !== '' || (filter !== '' && unfiltered !== null && unfiltered > 0)) {
    return {
      title: 'The filter leaves nothing',
      text: 'There is traffic here, and none of it matches what was typed.',
      remedy: 'clear-filter',
    };
  }
  if (status !== null) {
    const { agents } = status;
    if (agents.length === 0) {
      return {
        title: 'No agent has reported',
        text: 'Traffic is seen by the agent on each node. Install the DaemonSet, or look at why its pods do not start.',
        remedy: 'coverage',
      };
    }
    const blind = blindAgents(status);
    if (blind.length === agents.length) {
      return { title: 'The agents cannot see traffic', text: blind.slice(0, 3).join('. '), remedy: 'coverage' };
    }
  }
  if (coverage !== null && coverage.windows === 0) {
    return {
      title: 'Nothing was watched in this time',
      text: 'No agent reported any window in the time that is looked at.',
      remedy: bounded ? 'all-time' : 'coverage',
    };
  }
  if (status?.agents.every(({ connected }) => !connected) === true) {
    return {
      title: 'No agent is connected',
      text: 'All agents have reported before and none does now. What they see is kept on their nodes until they can send it.',
      remedy: 'coverage',
    };
  }
  const missing = coverage?.nodesWithoutAgent ?? [];
  const gap = missing.length === 0 ? '' : ` Nodes without an agent: ${missing.slice(0, 5).join(', ')}.`;
  const filtered = filter === '' ? '' : ' A filter is set, too.';
  return {
    title: 'No traffic was seen',
    text: `The agents watched and saw none here in this time.${gap}${filtered}`,
    remedy: bounded ? 'all-time' : filter === '' ? 'none' : 'clear-filter',
  };
}

/** Network plugins that carry policies into effect on no node. */
const withoutPolicies = new Set(['flannel', 'bridge', 'ptp', 'macvlan', 'ipvlan', 'host-device']);

/** A sentence where no plugin that the agents found enforces policies; null where one may. */
export function enforcementWarning(status: ClusterStatus): string | null {
  const names = new Set(
    status.agents.flatMap((agent) => agent.status?.cnis.map(({ name }) => name.toLowerCase()) ?? []),
  );
  if (names.size === 0 || [...names].some((name) => !withoutPolicies.has(name))) return null;
  return `The network plugin (${[...names].join(', ')}) does not enforce network policies: what is applied has no effect.`;
}
