import type * as wire from '../../proto/wire.ts';
import type { DetectedCni } from './cni/detect.ts';
import type { PodInterface } from './join.ts';
import type { SourceState } from './sandboxes/sandbox.ts';

/** What can be shown of the naming of pods. */
export interface InterfacesView {
  readonly known: readonly PodInterface[];
  readonly attached: readonly PodInterface[];
  readonly cnis: readonly DetectedCni[];
  readonly sources: readonly SourceState[];
}

/** So many are named one by one; the counts by reason are of all. */
const maxUnresolvedNamed = 100;

const stateNames = {
  ok: 'SOURCE_STATE_OK',
  off: 'SOURCE_STATE_OFF',
  failing: 'SOURCE_STATE_FAILING',
} as const;

/** How many interfaces have their pod by which means, and how many have none for which reason. */
export function countInterfaces({ known }: Pick<InterfacesView, 'known'>): {
  readonly byMeans: Readonly<Record<string, number>>;
  readonly byReason: Readonly<Record<string, number>>;
} {
  const [byMeans, byReason]: [Record<string, number>, Record<string, number>] = [{}, {}];
  for (const { resolution } of known) {
    if (resolution.state === 'resolved') byMeans[resolution.means] = (byMeans[resolution.means] ?? 0) + 1;
    else byReason[resolution.reason] = (byReason[resolution.reason] ?? 0) + 1;
  }
  return { byMeans, byReason };
}

/** The part of an agent's status that is about the naming of pods. */
export function identityStatus(
  view: InterfacesView,
): Pick<
  wire.AgentStatus,
  | 'interfacesAttached'
  | 'podsResolved'
  | 'unresolvedInterfaces'
  | 'cnis'
  | 'resolvedByMeans'
  | 'unresolvedByReason'
  | 'identitySources'
> {
  const unresolved = view.known.flatMap(({ name, resolution }) =>
    resolution.state === 'unresolved' ? [`${name}: ${resolution.detail}`] : [],
  );
  const more = unresolved.length - maxUnresolvedNamed;
  const { byMeans, byReason } = countInterfaces(view);
  const attached = view.attached;
  return {
    interfacesAttached: attached.length,
    podsResolved: attached.filter(({ resolution }) => resolution.state === 'resolved').length,
    unresolvedInterfaces: [...unresolved.slice(0, maxUnresolvedNamed), ...(more > 0 ? [`and ${more} more`] : [])],
    cnis: view.cnis.map(({ cni, forced, evidence }) => ({ name: cni.name, forced, evidence })),
    resolvedByMeans: byMeans,
    unresolvedByReason: byReason,
    identitySources: view.sources.map(({ name, state, detail }) => ({ name, state: stateNames[state], detail })),
  };
}
