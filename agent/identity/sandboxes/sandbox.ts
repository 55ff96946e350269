import type { PodRef } from '../../../core/identity.ts';

/** By which means it is known who lives in a network namespace, the surest first. */
export type SandboxMeans = 'cni-cache' | 'cgroup' | 'cri';

/** A pod's place on this node, as one source knows it. */
export interface Sandbox {
  readonly pod: PodRef;
  /** Id at the runtime; empty when the source does not tell. */
  readonly containerId: string;
  readonly means: SandboxMeans;
}

/** What a source cannot use, and why. */
export interface SourceProblem {
  /** A file, a socket or an entry of one. */
  readonly what: string;
  readonly message: string;
}

/** Whether a source of identities serves, for people. */
export interface SourceState {
  readonly name: string;
  readonly state: 'ok' | 'off' | 'failing';
  /** Why it is off or failing, or how much it knows. */
  readonly detail: string;
}
