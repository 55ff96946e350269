import type { PodRef } from '../../../core/identity.ts';

/** What can be known of a pod's sandbox when an interface's name is worked out. */
export interface NameParts {
  readonly pod: Pick<PodRef, 'namespace' | 'name'>;
  /** Id of the sandbox at the runtime; empty when it is not known. */
  readonly containerId: string;
  /** Name of the interface inside the pod, such as eth0. */
  readonly interfaceName: string;
}

/** Where a CNI writes down which interface is whose, besides libcni's result cache. */
export type StoreName = 'ovsdb' | 'cilium' | 'routes';

/** One CNI: how it is recognised, which links are its own, and what a link's name or its store says of the pod. */
export interface Cni {
  readonly name: string;
  /** Types of plugin in the node's CNI configuration that are its own. */
  readonly plugins: readonly string[];
  /** Names that only its links have; null when it has none. */
  readonly links: RegExp | null;
  /** Files and sockets that only it makes. */
  readonly paths: readonly string[];
  /** Its own links that can look like a pod's; null when there are none. */
  readonly infrastructure: RegExp | null;
  /** The name of the node's end of an interface; null when its names say nothing, or a part is not known. */
  nameOf(parts: NameParts): string | null;
  readonly store: StoreName | null;
}
