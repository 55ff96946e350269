import type { NamespaceIsolation, WorkloadIsolation } from '../../../proto/wire.ts';

export type IsolationState = 'open' | 'partial' | 'isolated' | 'exempt';

const order: readonly IsolationState[] = ['open', 'partial', 'isolated', 'exempt'];

export function stateOf({ ingress, egress, exempt }: WorkloadIsolation): IsolationState {
  if (exempt !== '') return 'exempt';
  if (ingress && egress) return 'isolated';
  return ingress || egress ? 'partial' : 'open';
}

/** The share of those that could be isolated and are not, half of it for partly isolated ones: 0 to 1. */
export function openness({ isolated, partial, open }: NamespaceIsolation): number {
  const all = isolated + partial + open;
  return all === 0 ? 0 : (open + partial / 2) / all;
}

/** Namespaces with the most that is open first; of equal ones the larger. */
export function namespacesWorstFirst(namespaces: readonly NamespaceIsolation[]): NamespaceIsolation[] {
  return namespaces.toSorted(
    (a, b) => openness(b) - openness(a) || b.open - a.open || b.partial - a.partial || (a.name < b.name ? -1 : 1),
  );
}

/** Open workloads first, then partly isolated ones; each by namespace and name. */
export function workloadsWorstFirst(workloads: readonly WorkloadIsolation[]): WorkloadIsolation[] {
  const place = (each: WorkloadIsolation) => order.indexOf(stateOf(each));
  const name = ({ workload }: WorkloadIsolation) => `${workload?.namespace}/${workload?.name}`;
  return workloads.toSorted((a, b) => place(a) - place(b) || (name(a) < name(b) ? -1 : 1));
}
