import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, WeirError } from '../core/errors.ts';
import type { ApiAccess, Credentials } from './access.ts';

/** Where Kubernetes puts what a pod needs to speak to its API. */
export const serviceAccountFolder = '/var/run/secrets/kubernetes.io/serviceaccount';

async function read(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const what = `${file}: ${messageOf(error)}; the pod needs a service account with automountServiceAccountToken`;
    throw new WeirError('KUBE_ACCESS', what, { cause: error });
  }
}

/** The access that a pod has by its service account; null outside of a pod, or in one that has none. */
export function inClusterAccess(
  environment: NodeJS.ProcessEnv = process.env,
  folder = serviceAccountFolder,
): ApiAccess | null {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port = '443' } = environment;
  if (host === undefined || host === '' || !existsSync(join(folder, 'token'))) return null;
  const server = new URL(`https://${host.includes(':') ? `[${host}]` : host}:${port}`);
  return {
    description: `${server.origin} (service account of this pod)`,
    server,
    // Read each time: the kubelet replaces the token before it expires, and the authority when it changes.
    credentials: async (): Promise<Credentials> => {
      const [token, ca] = await Promise.all([read(join(folder, 'token')), read(join(folder, 'ca.crt'))]);
      return { token: token.trim(), tls: { ca, cert: null, key: null, serverName: null, verify: true } };
    },
    rejected: () => undefined,
  };
}
