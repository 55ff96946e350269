/** A collection of the API that can be mirrored. */
export interface Resource {
  /** For people and RBAC, with its group: `pods`, `ciliumnetworkpolicies.cilium.io`. */
  readonly name: string;
  /** Of the collection, such as `/apis/apps/v1/deployments`. */
  readonly path: string;
  /** Null for all objects. */
  readonly fieldSelector: string | null;
  /** Whether a cluster may lack it: a kind that somebody may install later. */
  readonly optional: boolean;
  /**
   * Whether the first list may be as old as the server's cache is. It spares the server much where the selector leaves
   * little, but is not given in pages.
   */
  readonly fromCache: boolean;
}

/** What reading an object gives: what is kept of it, or what is wrong with it. */
export type Reading<T> = { readonly object: T } | { readonly problem: string };

/** One object that was made or replaced, or, with null, that is gone or can no longer be read. */
export interface Change<T> {
  /** `namespace/name`, with nothing before the slash outside of namespaces. */
  readonly key: string;
  readonly object: T | null;
}

/** Who is told of what a reflector mirrors. */
export interface Handler<T> {
  /** Told of changes in their order, those together that came together. An object may come again as it is. */
  changed(changes: readonly Change<T>[]): void;
  /** Told each time that a list is complete: what is known is what there was a moment ago. */
  listed(): void;
  /** Told when something begins or ceases to be wrong. */
  stateChanged(): void;
}
