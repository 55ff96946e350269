import type { Address } from '../../core/address.ts';
import type { Protocol } from '../../core/flow.ts';
import type { ServiceRef, WorkloadRef } from '../../core/identity.ts';
import type { ContainerPort, Labels } from '../../core/kubernetes.ts';

/** A pod as policies see it. */
export interface PodPeer {
  readonly type: 'pod';
  readonly namespace: string;
  readonly name: string;
  readonly labels: Labels;
  /** With the `kubernetes.io/metadata.name` label that the API server sets. */
  readonly namespaceLabels: Labels;
  /** Empty for a pod that does not run yet. */
  readonly addresses: readonly Address[];
  /** Of all its containers: what named ports are looked up in. */
  readonly ports: readonly ContainerPort[];
  readonly hostNetwork: boolean;
  readonly nodeName: string | null;
}

/**
 * Where one end of a connection stands, for a policy. `service` is a Service with no workload known behind it, `gone`
 * a workload whose labels are no longer known. A caller that asks often should keep its peers: what a peer object
 * means to the policies is worked out once.
 */
export type Peer =
  | PodPeer
  | { readonly type: 'address'; readonly address: Address }
  | { readonly type: 'node'; readonly name: string }
  | ({ readonly type: 'service' } & ServiceRef)
  | ({ readonly type: 'gone' } & WorkloadRef)
  /** A pod of which nothing may be known but that it is in none of these namespaces. */
  | { readonly type: 'hidden'; readonly besides: ReadonlySet<string> };

/** May this client open this port of this server? */
export interface Query {
  readonly client: Peer;
  readonly server: Peer;
  readonly protocol: Protocol;
  /** The port that the server's pod listens on, after any Service's translation. */
  readonly port: number;
}
