import { type Address, parseAddress, parseCidr } from '../../core/address.ts';
import type { ClusterSnapshot, KubernetesAny } from '../../core/kubernetes.ts';
import { parseManifests, snapshotOf } from '../../core/manifest.ts';
import { ClusterObjects } from '../../aggregator/kube/objects.ts';
import type { IdentityChange } from '../../aggregator/identity/changes.ts';
import { Identity } from '../../aggregator/identity/identity.ts';

/** What manifests describe; a mistake in them is a mistake in the test. */
export function objectsOf(...texts: readonly string[]): KubernetesAny[] {
  const { objects, problems } = parseManifests(texts.join('\n---\n'), 'fixture');
  if (problems[0] !== undefined) throw new Error(`fixture:${problems[0].line}: ${problems[0].message}`);
  return objects.map(({ object }) => object);
}

/** The state that manifests describe. */
export function clusterOf(...texts: readonly string[]): ClusterSnapshot {
  return snapshotOf(objectsOf(...texts));
}

export function addressOf(text: string): Address {
  const address = parseAddress(text);
  if (address === null) throw new Error(`${text} is no address`);
  return address;
}

export interface PodFixture {
  readonly name: string;
  readonly ip: string;
  readonly uid?: string;
  readonly namespace?: string;
  /** Name of the Deployment; without it the pod stands alone. */
  readonly deployment?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly ports?: Readonly<Record<string, number>>;
  readonly phase?: string;
  readonly node?: string;
  readonly hostNetwork?: boolean;
  readonly created?: string;
  /** Its second address, of the other family. */
  readonly ip6?: string;
  readonly terminating?: boolean;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** A pod as the API would show it, with the ReplicaSet between it and its Deployment. */
export function podYaml({
  name,
  ip,
  namespace = 'shop',
  uid = `uid-${name}`,
  deployment,
  ...rest
}: PodFixture): string {
  const replicaSet = `${deployment}-5d4f`;
  const { labels = { app: deployment ?? name }, ports = {}, phase = 'Running', node = 'n1', created, ip6 } = rest;
  const { annotations = {}, terminating = false } = rest;
  const owner = (kind: string, of: string) => ({ kind, name: of, uid: `uid-${of}`, controller: true });
  const owned = deployment === undefined ? [] : [owner('ReplicaSet', replicaSet)];
  const pod = {
    kind: 'Pod',
    metadata: {
      name,
      namespace,
      uid,
      labels,
      annotations,
      ownerReferences: owned,
      creationTimestamp: created ?? null,
      deletionTimestamp: terminating ? '2026-03-01T12:00:00Z' : null,
    },
    spec: {
      nodeName: node,
      hostNetwork: rest.hostNetwork ?? false,
      containers: [
        { name: 'main', ports: Object.entries(ports).map(([port, number]) => ({ name: port, containerPort: number })) },
      ],
    },
    status: { phase, podIP: ip, podIPs: [ip, ip6].flatMap((each) => (each ? [{ ip: each }] : [])) },
  };
  if (deployment === undefined) return JSON.stringify(pod);
  const template = { metadata: { labels }, spec: { containers: pod.spec.containers } };
  const meta = (of: string) => ({ name: of, namespace, uid: `uid-${of}` });
  const set = {
    kind: 'ReplicaSet',
    metadata: { ...meta(replicaSet), ownerReferences: [owner('Deployment', deployment)] },
    spec: { template },
  };
  const top = { kind: 'Deployment', metadata: meta(deployment), spec: { template } };
  return [pod, set, top].map((each) => JSON.stringify(each)).join('\n---\n');
}

export interface ServiceFixture {
  readonly name: string;
  readonly ip: string;
  readonly selector?: Readonly<Record<string, string>>;
  readonly ports: readonly object[];
  readonly namespace?: string;
  readonly more?: object;
  readonly status?: object;
}

export function serviceYaml({
  name,
  ip,
  selector,
  ports,
  namespace = 'shop',
  more,
  status = {},
}: ServiceFixture): string {
  const spec = { clusterIP: ip, clusterIPs: [ip], ports, ...(selector && { selector }), ...more };
  return JSON.stringify({ kind: 'Service', metadata: { name, namespace, uid: `uid-${name}` }, spec, status });
}

export function nodeYaml(name: string, ip: string, podCIDR: string, annotations: object = {}): string {
  const status = { addresses: [{ type: 'InternalIP', address: ip }] };
  return JSON.stringify({
    kind: 'Node',
    metadata: { name, annotations },
    spec: { podCIDR, podCIDRs: [podCIDR] },
    status,
  });
}

export const memoryMs = 3_600_000;
export const toleranceMs = 30_000;

/** Some pod that reports, and that no test's cluster has. */
export const someReporter = { namespace: 'shop', name: 'reporter', uid: 'uid-reporter' } as const;

/** An identity that is told of whole states: it gets the changes between them. */
export class TestIdentity extends Identity {
  readonly #objects = new ClusterObjects();

  update(cluster: ClusterSnapshot, nowUnixMs: number): IdentityChange {
    const all: readonly (readonly KubernetesAny[])[] = Object.values(cluster);
    return this.apply(this.#objects.replaceAll(all.flat()), nowUnixMs);
  }
}

export function newIdentity(
  pods: readonly string[] = ['10.1.0.0/16', '10.244.0.0/16'],
  maxGone = 10_000,
): TestIdentity {
  const blocks = (texts: readonly string[]) => texts.map(parseCidr).filter((block) => block !== null);
  const [podCidrs, serviceCidrs] = [blocks(pods), blocks(['10.96.0.0/16'])];
  return new TestIdentity({ podCidrs, serviceCidrs, memoryMs, maxGone, toleranceMs });
}
