import type { Container, PodSpec } from 'kubernetes-types/core/v1.js';
import type { StoredObject } from '../../lab/kube-api/object-store.ts';
import type { KubeApi } from '../../lab/kube-api/server.ts';

interface ServiceSpec {
  readonly clusterIP: string;
  readonly ports: readonly { readonly port: number }[];
  readonly selector: Readonly<Record<string, string>>;
}

function servicesOf(api: KubeApi): StoredObject[] {
  return api.store.all().filter(({ kind }) => kind === 'Service');
}

/** The way to the API, and to the Services of the namespace, as a kubelet gives them to every container. */
function givenTo(api: KubeApi, namespace: string): Record<string, string> {
  const { hostname, port } = new URL(api.url);
  const env: Record<string, string> = { KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port };
  for (const { metadata, spec } of servicesOf(api).filter((each) => each.metadata.namespace === namespace)) {
    const prefix = metadata.name.toUpperCase().replaceAll('-', '_');
    const { clusterIP, ports } = spec as ServiceSpec;
    env[`${prefix}_SERVICE_HOST`] = clusterIP;
    env[`${prefix}_SERVICE_PORT`] = String(ports[0]?.port);
    env[`${prefix}_PORT`] = `tcp://${clusterIP}:${ports[0]?.port}`;
  }
  return env;
}

/** The environment of a container. @throws Error for a source of a value that is not known here */
export function environmentOf(
  api: KubeApi,
  namespace: string,
  { nodeName = '' }: PodSpec,
  { env = [] }: Container,
): Record<string, string> {
  const own = env.map(({ name, value = '', valueFrom }) => {
    const field = valueFrom?.fieldRef?.fieldPath;
    if (valueFrom !== undefined && field !== 'spec.nodeName') throw new Error(`${name}: ${field} is not known here`);
    return [name, field === 'spec.nodeName' ? nodeName : value];
  });
  return { ...givenTo(api, namespace), ...Object.fromEntries(own) };
}

/** /etc/hosts, in place of the cluster's DNS and of kube-proxy: a Service's name leads to the pod that it selects. */
export function hostsFile(api: KubeApi): string {
  const pods = api.store.all().filter(({ kind }) => kind === 'Pod');
  const lines = servicesOf(api).flatMap(({ metadata, spec }) => {
    const { selector } = spec as ServiceSpec;
    const behind = pods.find(({ metadata: { labels = {} } }) =>
      Object.entries(selector).every(([key, value]) => labels[key] === value),
    );
    const { podIP } = (behind?.['status'] ?? {}) as { readonly podIP?: string };
    return podIP === undefined ? [] : [`${podIP} ${metadata.name}.${metadata.namespace}.svc`];
  });
  return `${['127.0.0.1 localhost', ...lines].join('\n')}\n`;
}
