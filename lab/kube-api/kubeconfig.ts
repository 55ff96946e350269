import { stringify } from 'yaml';

/** A kubeconfig that leads to a server. @param authority in PEM; null where it speaks HTTP, or needs none */
export function kubeconfigFor(server: string, token: string | null, authority: string | null): string {
  const ca = authority === null ? {} : { 'certificate-authority-data': Buffer.from(authority).toString('base64') };
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'lab',
    contexts: [{ name: 'lab', context: { cluster: 'lab', user: 'weir' } }],
    clusters: [{ name: 'lab', cluster: { server, ...ca } }],
    users: [{ name: 'weir', user: token === null ? {} : { token } }],
  });
}
