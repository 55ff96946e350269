import { randomUUID } from 'node:crypto';

/**
 * What tells a process from the others that share its database. In a pod it is the pod: a container that is started
 * again takes the place of the one before.
 */
export function processIdOf(cluster: string, env: NodeJS.ProcessEnv, hostname: string): string {
  return env['KUBERNETES_SERVICE_HOST'] === undefined ? randomUUID() : `${cluster}/${hostname}`;
}
