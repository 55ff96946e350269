import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import type { Duplex } from 'node:stream';

/** What an API server has the kubelet of a pod's node do in the pod; pods are named `namespace/name`. */
export interface PodAccess {
  /** What its container has said so far; null where no such pod runs. */
  readonly logOf: (pod: string) => string | null;
  /** Starts a command beside the processes of its container. @throws Error when the pod does not run */
  readonly exec: (pod: string, command: readonly string[]) => Promise<ChildProcessWithoutNullStreams>;
  /** Connects to a port on its loopback address. @throws Error when the pod does not run, or nobody listens */
  readonly connect: (pod: string, port: number) => Promise<Duplex>;
}
