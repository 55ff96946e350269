import type { Cluster, LabPod } from '../cluster.ts';

/** A process of a pod, with the files it needs: the paths are relative to the pod's directory. */
export interface PodProgram {
  readonly argv: readonly string[];
  readonly files: Readonly<Record<string, string>>;
}

export interface ProgramContext {
  readonly cluster: Cluster;
  readonly pod: LabPod;
  /** Clients call while this file exists. */
  readonly trafficFile: string;
}
