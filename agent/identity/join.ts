import type { PodRef } from '../../core/identity.ts';
import type { Link, NamespaceIds } from '../../native/native.ts';
import type { Claim, ClaimMeans } from './claim.ts';
import type { Sandbox, SandboxMeans } from './sandboxes/sandbox.ts';

/** How an interface was tied to its pod: by the namespace behind it, or by what is said of the interface itself. */
export type Means = SandboxMeans | ClaimMeans;
export const allMeans: readonly Means[] = [
  'cni-cache',
  'cgroup',
  'cri',
  'ovsdb',
  'cilium-api',
  'cilium-state',
  'interface-name',
  'address',
];

/** Why an interface has no pod. */
export const unresolvedReasons = [
  'no-sandbox',
  'pod-unknown',
  'several-pods',
  'contradiction',
  'pod-elsewhere',
] as const;
export type UnresolvedReason = (typeof unresolvedReasons)[number];

export interface Unresolved {
  readonly state: 'unresolved';
  readonly reason: UnresolvedReason;
  /** For people. */
  readonly detail: string;
}

export type Resolution =
  | { readonly state: 'resolved'; readonly pod: PodRef; readonly means: Means }
  /** It leads to another namespace, but which pod that is is not known (yet). */
  | Unresolved;

export interface PodInterface {
  readonly ifindex: number;
  readonly name: string;
  /** Id of the namespace that it leads to, as the node's knows it. */
  readonly nsid: number;
  /** Cookie of that namespace; 0n while nothing tells it. */
  readonly cookie: bigint;
  readonly resolution: Resolution;
}

/** Whether what is known speaks for more than one pod, so that what was known before is in doubt too. */
export function isInDoubt(resolution: Resolution): boolean {
  return resolution.state === 'unresolved' && resolution.reason !== 'no-sandbox' && resolution.reason !== 'pod-unknown';
}

/** A network namespace of the node, and who lives there. */
export interface Dwelling {
  readonly ids: NamespaceIds;
  readonly occupant: Sandbox | Unresolved;
  /** UID of the pod, also where nobody knows its name; empty when not even that is known. */
  readonly podUid: string;
}

/** What a join needs to know besides the links. */
export interface Known {
  /** By NamespaceIds.nsid; those that have none yet are in `pending`. */
  readonly dwellings: ReadonlyMap<number, Dwelling>;
  /** Namespaces of pods that no link leads to yet, by the pod's UID. */
  readonly pending: ReadonlyMap<string, NamespaceIds>;
  /** Namespaces that pods are known to live in, by UID. */
  readonly homes: ReadonlyMap<string, ReadonlySet<number>>;
  claimsOn(link: Link): readonly Claim[];
  /** The pod that a claim means; null when none, or more than one, is known by that name. */
  podOf(claim: Claim): PodRef | null;
}

/** Kinds of link whose other end can be in a pod. */
const pairKinds = new Set(['veth', 'netkit']);

/** Whether a link leads from the node into another namespace. @param own names of the node's and its CNI's own links */
export function leadsToPod(link: Link, own: (name: string) => boolean): boolean {
  return pairKinds.has(link.kind) && link.peerNsid >= 0 && !own(link.name);
}

function unresolved(reason: UnresolvedReason, detail: string): Unresolved {
  return { state: 'unresolved', reason, detail };
}

function isSamePod(a: Claim['pod'], b: Claim['pod']): boolean {
  return a.namespace === b.namespace && a.name === b.name;
}

function says({ means, pod }: Claim): string {
  return `${means} says ${pod.namespace}/${pod.name}`;
}

/** A link whose namespace tells nothing: what is said of the link itself serves, if it is of one mind. */
function byClaims(link: Link, claims: readonly Claim[], known: Known, instead: Unresolved): Resolution {
  const [first] = claims;
  if (first === undefined) return instead;
  const other = claims.find(({ pod }) => !isSamePod(pod, first.pod));
  if (other !== undefined) return unresolved('contradiction', `${says(first)}, ${says(other)}`);
  const dwelling = known.dwellings.get(link.peerNsid);
  const podUid = dwelling?.podUid ?? '';
  if (podUid !== '' && first.uid !== null && first.uid !== podUid) {
    return unresolved('contradiction', `${says(first)} with UID ${first.uid}, its processes belong to ${podUid}`);
  }
  const pod = podUid === '' ? known.podOf(first) : { ...first.pod, uid: podUid };
  if (pod === null) return unresolved('pod-unknown', `${says(first)}, of which no single pod is known`);
  const homes = known.homes.get(pod.uid);
  if (homes !== undefined && !homes.has(link.peerNsid)) {
    return unresolved('pod-elsewhere', `${says(first)}, which lives in another namespace`);
  }
  return { state: 'resolved', pod, means: first.means };
}

function resolve(link: Link, known: Known): Resolution {
  const claims = known.claimsOn(link);
  const dwelling = known.dwellings.get(link.peerNsid);
  if (dwelling === undefined) {
    return byClaims(link, claims, known, unresolved('no-sandbox', 'no sandbox is known for its namespace'));
  }
  const { occupant } = dwelling;
  if ('state' in occupant) {
    const isOpen = occupant.reason === 'no-sandbox' || occupant.reason === 'pod-unknown';
    return isOpen ? byClaims(link, claims, known, occupant) : occupant;
  }
  // Addresses are used again: what goes by one says nothing against a namespace.
  const against = claims.find(({ means, pod }) => means !== 'address' && !isSamePod(pod, occupant.pod));
  if (against !== undefined) {
    const { namespace, name } = occupant.pod;
    return unresolved('contradiction', `${says(against)}, its namespace is that of ${namespace}/${name}`);
  }
  return { state: 'resolved', pod: occupant.pod, means: occupant.means };
}

/**
 * Names the pod behind every link that leads to one: the link's other end is in a namespace (by id), and the sandbox
 * says whose namespace that is. Works for every CNI that gives pods a veth or netkit pair. What an interface's name or
 * its CNI's records say confirms it, and serves where nobody knows the namespace. A contradiction makes the interface
 * unresolved: a wrong pod is worse than none.
 */
export function joinInterfaces(links: readonly Link[], known: Known): PodInterface[] {
  return links.map((link) => {
    const { ifindex, name, peerNsid } = link;
    const resolution = resolve(link, known);
    const pending = resolution.state === 'resolved' ? known.pending.get(resolution.pod.uid) : undefined;
    const cookie = known.dwellings.get(peerNsid)?.ids.cookie ?? pending?.cookie ?? 0n;
    return { ifindex, name, nsid: peerNsid, cookie, resolution };
  });
}
