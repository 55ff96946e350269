import type { Container, PodSpec } from 'kubernetes-types/core/v1.js';
import type { StoredObject } from '../../lab/kube-api/object-store.ts';
import type { KubeApi } from '../../lab/kube-api/server.ts';
import { dataOf } from './stored-data.ts';

interface ServiceSpec {
  readonly clusterIP: string;
  readonly ports: readonly { readonly port: number }[];
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

/** The environment of a container. @throws Error for a source of a value that is not known here, or not there */
export function environmentOf(
  api: KubeApi,
  namespace: string,
  { nodeName = '' }: PodSpec,
  { env = [] }: Container,
): Record<string, string> {
  const own = env.map(({ name, value = '', valueFrom }) => {
    if (valueFrom === undefined) return [name, value];
    const { fieldRef, secretKeyRef } = valueFrom;
    if (fieldRef?.fieldPath === 'spec.nodeName') return [name, nodeName];
    if (secretKeyRef === undefined) throw new Error(`${name}: such a source of a value is not known here`);
    const { name: secret = '', key } = secretKeyRef;
    const text = dataOf(api, 'Secret', `${namespace}/${secret}`)[key];
    if (text === undefined) throw new Error(`${name}: Secret ${namespace}/${secret} has no key ${key}`);
    return [name, text.toString()];
  });
  return { ...givenTo(api, namespace), ...Object.fromEntries(own) };
}

/** /etc/hosts, in place of the cluster's DNS: the name of a Service leads to its address. */
export function hostsFile(api: KubeApi): string {
  const lines = servicesOf(api).map(({ metadata, spec }) => {
    const { clusterIP } = spec as ServiceSpec;
    return `${clusterIP} ${metadata.name}.${metadata.namespace}.svc`;
  });
  return `${['127.0.0.1 localhost', ...lines].join('\n')}\n`;
}
