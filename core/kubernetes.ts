import type { ClusterPolicy } from './cluster-policy.ts';
import type { Fields } from './fields.ts';
import type { KubernetesObject, Labels, LabelSelector } from './kubernetes-object.ts';
import { groupOf } from './other-policy-kinds.ts';

export type {
  Labels,
  LabelSelector,
  LabelSelectorRequirement,
  ObjectMeta,
  OwnerReference,
} from './kubernetes-object.ts';

/**
 * The parts of Kubernetes objects that Weir reads, under the API's own names and shapes
 * (https://kubernetes.io/docs/reference/kubernetes-api/). Fields that the API may leave out are optional; everything
 * else in an object is dropped when it is read.
 */

export interface ContainerPort {
  readonly name?: string;
  readonly containerPort: number;
  /** TCP when absent. */
  readonly protocol?: string;
}

export interface PodSpec {
  readonly nodeName?: string;
  readonly hostNetwork?: boolean;
  readonly containers: readonly { readonly name: string; readonly ports?: readonly ContainerPort[] }[];
}

export interface Pod extends KubernetesObject<'Pod'> {
  readonly spec: PodSpec;
  readonly status: {
    readonly phase?: string;
    readonly podIP?: string;
    /** Those besides `podIP`; absent when there are none. */
    readonly podIPs?: readonly { readonly ip: string }[];
  };
}

export type Namespace = KubernetesObject<'Namespace'>;

export interface Node extends KubernetesObject<'Node'> {
  readonly spec: { readonly podCIDR?: string; readonly podCIDRs?: readonly string[] };
  readonly status: { readonly addresses?: readonly { readonly type: string; readonly address: string }[] };
}

export interface ServicePort {
  readonly name?: string;
  readonly protocol?: string;
  readonly port: number;
  /** A number, or the name of a container port; equal to `port` when absent. */
  readonly targetPort?: number | string;
  readonly nodePort?: number;
}

export interface Service extends KubernetesObject<'Service'> {
  readonly spec: {
    readonly type?: string;
    readonly clusterIP?: string;
    readonly clusterIPs?: readonly string[];
    readonly externalIPs?: readonly string[];
    readonly selector?: Labels;
    readonly ports?: readonly ServicePort[];
  };
  readonly status: { readonly loadBalancer?: { readonly ingress?: readonly { readonly ip?: string }[] } };
}

export interface EndpointSlice extends KubernetesObject<'EndpointSlice'> {
  readonly addressType: string;
  readonly endpoints: readonly {
    /** The first of its `addresses`, the only one that means anything to the API; empty when it has none. */
    readonly address: string;
    readonly targetRef?: {
      readonly kind: string;
      readonly namespace: string;
      readonly name: string;
      readonly uid?: string;
    };
  }[];
  readonly ports: readonly { readonly name?: string; readonly protocol?: string; readonly port?: number }[];
}

export interface IPBlock {
  readonly cidr: string;
  readonly except?: readonly string[];
}

export interface NetworkPolicyPeer {
  readonly podSelector?: LabelSelector;
  readonly namespaceSelector?: LabelSelector;
  readonly ipBlock?: IPBlock;
}

export interface NetworkPolicyPort {
  /** TCP when absent. */
  readonly protocol?: 'TCP' | 'UDP' | 'SCTP';
  /** A number or a container port's name; every port of the protocol when absent. */
  readonly port?: number | string;
  readonly endPort?: number;
}

export interface NetworkPolicyIngressRule {
  readonly from?: readonly NetworkPolicyPeer[];
  readonly ports?: readonly NetworkPolicyPort[];
}

export interface NetworkPolicyEgressRule {
  readonly to?: readonly NetworkPolicyPeer[];
  readonly ports?: readonly NetworkPolicyPort[];
}

export type PolicyType = 'Ingress' | 'Egress';

export interface NetworkPolicy extends KubernetesObject<'NetworkPolicy'> {
  readonly spec: {
    readonly podSelector: LabelSelector;
    readonly policyTypes?: readonly PolicyType[];
    readonly ingress?: readonly NetworkPolicyIngressRule[];
    readonly egress?: readonly NetworkPolicyEgressRule[];
  };
}

/** Any policy that Weir evaluates. */
export type Policy = NetworkPolicy | ClusterPolicy;

/** When a CronJob starts its Jobs. */
export interface Schedule {
  /** Five fields, or @hourly and the like, or `@every 1h`. */
  readonly cron: string;
  /** Of the IANA database; null means that of the cluster's controllers, UTC mostly. */
  readonly timeZone: string | null;
  /** It starts none for the time being. */
  readonly suspended: boolean;
}

/** Anything that makes pods from a template: Deployment, ReplicaSet, StatefulSet, DaemonSet, Job, CronJob, or a custom kind. */
export interface Controller extends KubernetesObject<string> {
  /** The pod template; null where the kind has none that can be found. */
  readonly template: { readonly metadata: { readonly labels: Labels }; readonly spec: PodSpec } | null;
  /** Null for all but CronJobs. */
  readonly schedule: Schedule | null;
}

/** A policy that Weir keeps as it is written, because it does not evaluate its kind: see other-policy-kinds.ts. */
export interface OtherPolicy extends KubernetesObject<string> {
  /** All fields of the object but kind, apiVersion, metadata and status: `spec`, and with Cilium `specs`. */
  readonly body: Fields;
}

/** Blocks from which Services get their addresses. */
export interface ServiceCIDR extends KubernetesObject<'ServiceCIDR'> {
  readonly spec: { readonly cidrs: readonly string[] };
}

/** Any object that Weir reads. */
export type KubernetesAny =
  | Namespace
  | Node
  | Pod
  | Service
  | EndpointSlice
  | NetworkPolicy
  | ClusterPolicy
  | ServiceCIDR
  | Controller
  | OtherPolicy;

/** Tells kinds apart that have one name in several groups: `NetworkPolicy`, `NetworkPolicy.projectcalico.org`. */
export function kindKey(object: KubernetesAny): string {
  return 'body' in object ? `${object.kind}.${groupOf(object.apiVersion)}` : object.kind;
}

/** Calico may show each of its policies in two groups; one is enough. */
export function withoutTwins(policies: readonly OtherPolicy[]): readonly OtherPolicy[] {
  const hasGroup = (name: string) => policies.some(({ apiVersion }) => groupOf(apiVersion) === name);
  if (!hasGroup('projectcalico.org')) return policies;
  return policies.filter(({ apiVersion }) => groupOf(apiVersion) !== 'crd.projectcalico.org');
}

/**
 * One object that differs from what was known of it: made, replaced or gone. Where both sides are there they have the
 * same kind, namespace and name, but a pod that was made again has another UID. Never are both null.
 */
export interface ObjectChange {
  readonly before: KubernetesAny | null;
  readonly after: KubernetesAny | null;
}

/** The state of one cluster at one moment. Objects of a namespace are in the order in which the source gave them. */
export interface ClusterSnapshot {
  readonly namespaces: readonly Namespace[];
  readonly nodes: readonly Node[];
  readonly pods: readonly Pod[];
  readonly services: readonly Service[];
  readonly endpointSlices: readonly EndpointSlice[];
  readonly controllers: readonly Controller[];
  readonly networkPolicies: readonly NetworkPolicy[];
  readonly clusterPolicies: readonly ClusterPolicy[];
  readonly serviceCidrs: readonly ServiceCIDR[];
  readonly otherPolicies: readonly OtherPolicy[];
}

/** Where the kubelet notes on a static pod's mirror the UID by which the node itself knows the pod. */
export const nodeUidAnnotation = 'kubernetes.io/config.hash';

/** The label that the API server sets on every namespace since 1.21. */
export const namespaceNameLabel = 'kubernetes.io/metadata.name';

/** A namespace's labels, with the name label that every cluster implies, also where the object is not known. */
export function namespaceLabels(name: string, namespace: Namespace | undefined): Labels {
  return { ...namespace?.metadata.labels, [namespaceNameLabel]: name };
}

/** Whether a pod has ended for good: its phase stays, its containers and its address do not. */
export function hasFinished({ status: { phase } }: Pod): boolean {
  return phase === 'Succeeded' || phase === 'Failed';
}

/** All addresses of a pod, in the order of the API, without repeats. */
export function podAddresses(pod: Pod): readonly string[] {
  const all = [pod.status.podIP, ...(pod.status.podIPs ?? []).map((entry) => entry.ip)];
  return [...new Set(all.filter((ip): ip is string => ip !== undefined && ip !== ''))];
}
