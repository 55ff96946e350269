import type { Address } from '../../core/address.ts';
import { type Edge, type Observation, verdictOf } from '../../core/edge.ts';
import { type DirectionEvidence, type Protocol, zeroCounters } from '../../core/flow.ts';
import type { Entity } from '../../core/identity.ts';
import type { ClusterSnapshot, ContainerPort, Labels } from '../../core/kubernetes.ts';
import { parseManifests, snapshotOf } from '../../core/manifest.ts';
import type { Verdict } from '../../core/verdict.ts';

export interface Deployed {
  readonly namespace?: string;
  readonly kind?: string;
  /** The template's labels; `app` and the name unless told otherwise. */
  readonly labels?: Labels;
  /** The labels of each pod; one pod with the template's labels and a pod-template-hash unless told otherwise. */
  readonly pods?: readonly Labels[];
  readonly ports?: readonly ContainerPort[];
  readonly hostNetwork?: boolean;
}

function meta(
  namespace: string,
  name: string,
  labels: Labels,
  owner?: { readonly kind: string; readonly name: string },
) {
  const ownerReferences = owner === undefined ? [] : [{ ...owner, uid: 'u', controller: true }];
  return { name, namespace, labels, ownerReferences };
}

/** Manifests of a Deployment (or another kind) with its pods, as objects. */
export function deploy(name: string, given: Deployed = {}): object[] {
  const { namespace = 'shop', kind = 'Deployment', labels = { app: name }, ports = [], hostNetwork = false } = given;
  const pods = given.pods ?? [{ ...labels, 'pod-template-hash': 'abc' }];
  const spec = { hostNetwork, nodeName: 'n1', containers: [{ name: 'c', ports }] };
  const template = { metadata: { labels }, spec };
  return [
    {
      kind,
      metadata: meta(namespace, name, labels),
      spec: kind === 'CronJob' ? { jobTemplate: { spec: { template } } } : { template },
    },
    ...pods.map((podLabels, index) => ({
      kind: 'Pod',
      metadata: meta(namespace, `${name}-${kind.toLowerCase()}-${index}`, podLabels, { kind, name }),
      spec,
      status: { phase: 'Running' },
    })),
  ];
}

/** Reads the objects as manifests, so that tests see what files give. @throws Error where one is not valid */
export function cluster(...objects: readonly (readonly object[])[]): ClusterSnapshot {
  const { objects: read, problems } = parseManifests(
    JSON.stringify({ kind: 'List', items: objects.flat() }),
    'cluster',
  );
  if (problems.length > 0) throw new Error(JSON.stringify(problems));
  return snapshotOf(read.map(({ object }) => object));
}

/** `shop/Deployment/cart`, or `cart` for short. */
export function workload(text: string): Entity {
  const parts = text.split('/');
  const [namespace = '', kind = '', name = ''] = parts.length === 1 ? ['shop', 'Deployment', text] : parts;
  return { type: 'workload', namespace, kind, name };
}

export function external(text: string): Entity {
  return { type: 'external', address: text as Address };
}

export interface Seen {
  readonly protocol?: Protocol;
  readonly verdict?: Verdict;
  readonly connections?: number;
  readonly directionBy?: DirectionEvidence;
  readonly firstSeenUnixMs?: number;
  readonly lastSeenUnixMs?: number;
}

/** An edge that was seen at the client and has the given verdict. */
export function edge(from: Entity | string, to: Entity | string, port: number, seen: Seen = {}): Edge {
  const {
    protocol = 'TCP',
    verdict = 'forwarded',
    connections = 1,
    directionBy = 'handshake',
    firstSeenUnixMs = 1000,
    lastSeenUnixMs = 2000,
  } = seen;
  const counters = zeroCounters();
  if (protocol === 'TCP') {
    counters.attempts = connections;
    if (verdict === 'forwarded') counters.established = connections;
  } else {
    counters.packetsToServer = connections;
    if (verdict === 'forwarded') counters.packetsToClient = connections;
  }
  if (verdict === 'refused') counters.refused = connections;
  const drops = verdict === 'dropped' ? { NETFILTER_DROP: connections } : {};
  const merged: Observation = { counters, drops, directionBy, serverNames: [], firstSeenUnixMs, lastSeenUnixMs };
  if (verdictOf(protocol, merged, null) !== verdict) throw new Error(`counters do not make ${verdict}`);
  return {
    client: typeof from === 'string' ? workload(from) : from,
    server: typeof to === 'string' ? workload(to) : to,
    protocol,
    port,
    services: [],
    byClient: merged,
    byServer: null,
    merged,
    verdict,
  };
}
