import { WeirError } from '../../core/errors.ts';
import { workloadKey, type WorkloadRef } from '../../core/identity.ts';
import type { ClusterSnapshot, Labels } from '../../core/kubernetes.ts';
import type { Scope } from '../../core/scope.ts';
import { sees, type Sight } from '../../core/sight.ts';
import { type Workload, workloadsOf } from '../../core/workload.ts';
import type { ClusterSource } from '../kube/source.ts';

/** The cluster as last read, with its workloads worked out once for each reading. */
export class ClusterState {
  readonly source: ClusterSource;
  #snapshot: ClusterSnapshot | null = null;
  #workloads: readonly Workload[] = [];
  #byKey: ReadonlyMap<string, Workload> = new Map();

  constructor(source: ClusterSource) {
    this.source = source;
  }

  get snapshot(): ClusterSnapshot {
    return this.source.snapshot();
  }

  /** Every workload, silent ones too, sorted by namespace, kind and name. */
  get workloads(): readonly Workload[] {
    const { snapshot } = this;
    if (this.#snapshot !== snapshot) {
      this.#snapshot = snapshot;
      this.#workloads = workloadsOf(snapshot);
      this.#byKey = new Map(this.#workloads.map((workload) => [workloadKey(workload.ref), workload]));
    }
    return this.#workloads;
  }

  /** Undefined when the cluster does not have it now. */
  workload(ref: WorkloadRef): Workload | undefined {
    const { workloads } = this;
    return workloads.length === 0 ? undefined : this.#byKey.get(workloadKey(ref));
  }

  /** The labels of a workload's pods now; null when the cluster does not have it. */
  readonly labelsOf = (ref: WorkloadRef): Labels | null => this.workload(ref)?.labels ?? null;

  /** Names of the nodes. */
  get nodes(): readonly string[] {
    return this.snapshot.nodes.map(({ metadata }) => metadata.name);
  }

  /** Names of the namespaces, also of those that only show in what lives in them, sorted. */
  get namespaces(): readonly string[] {
    const named = this.snapshot.namespaces.map(({ metadata }) => metadata.name);
    return [...new Set([...named, ...this.workloads.map(({ ref }) => ref.namespace)])].toSorted();
  }

  /**
   * Checks that what a scope names is in the cluster or was recorded, so that a misspelt name is not answered by
   * nothing. @param sight what the message may name. @throws WeirError NAMESPACE_UNKNOWN, WORKLOAD_UNKNOWN
   */
  checkRecorded({ namespace, workload }: Scope, recorded: Recorded, sight: Sight = null): void {
    if (namespace !== null && !this.namespaces.includes(namespace) && !recorded.has({ namespace, workload: null })) {
      const known = this.namespaces.filter((name) => sees(sight, name));
      throw unknown('NAMESPACE_UNKNOWN', namespace, known);
    }
    if (workload === null || this.workload(workload) !== undefined) return;
    if (recorded.has({ namespace: null, workload })) return;
    const beside = this.workloads.filter(({ ref }) => ref.namespace === workload.namespace);
    throw unknown(
      'WORKLOAD_UNKNOWN',
      workloadKey(workload),
      beside.map(({ ref }) => workloadKey(ref)),
    );
  }
}

/** Knows what was recorded. */
export interface Recorded {
  /** Whether there is any edge of a scope. */
  has(scope: Scope): boolean;
}

/** How many names a message may list. */
const maxListed = 20;

function unknown(code: 'NAMESPACE_UNKNOWN' | 'WORKLOAD_UNKNOWN', name: string, known: readonly string[]): WeirError {
  const listed = known.slice(0, maxListed).join(', ');
  const more = known.length > maxListed ? ` and ${known.length - maxListed} more` : '';
  return new WeirError(code, `${name}; there ${known.length === 1 ? 'is' : 'are'} ${listed || 'none'}${more}`);
}
