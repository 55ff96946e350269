import { resourceOf } from '../../lab/kube-api/resources.ts';
import type { KubeApi } from '../../lab/kube-api/server.ts';

/** What a ConfigMap or a Secret holds. @param id `namespace/name` @throws Error when there is none */
export function dataOf(
  { store }: KubeApi,
  kind: 'ConfigMap' | 'Secret',
  id: string,
): Readonly<Record<string, string | Buffer>> {
  const resource = resourceOf('v1', kind);
  const found = resource && store.get(resource, id);
  if (found === null) throw new Error(`${kind} ${id} is not there`);
  const data = Object.entries((found['data'] ?? {}) as Record<string, string>);
  return Object.fromEntries(data.map(([key, text]) => [key, kind === 'Secret' ? Buffer.from(text, 'base64') : text]));
}
