/* What every Kubernetes object has, and what many have in them, under the API's own names. */

export interface OwnerReference {
  readonly apiVersion?: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
}

export type Labels = Readonly<Record<string, string>>;

export interface ObjectMeta {
  readonly name: string;
  /** Empty for objects that live outside all namespaces. */
  readonly namespace: string;
  readonly uid: string;
  readonly labels: Labels;
  /** Those only that somebody reads. */
  readonly annotations: Labels;
  /** When the object was made: RFC 3339, in whole seconds. */
  readonly creationTimestamp?: string;
  /** Set once the object is to be deleted. */
  readonly deletionTimestamp?: string;
  readonly ownerReferences: readonly OwnerReference[];
}

export interface KubernetesObject<Kind extends string> {
  readonly apiVersion: string;
  readonly kind: Kind;
  readonly metadata: ObjectMeta;
}

export interface LabelSelectorRequirement {
  readonly key: string;
  readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';
  readonly values?: readonly string[];
}

export interface LabelSelector {
  readonly matchLabels?: Labels;
  readonly matchExpressions?: readonly LabelSelectorRequirement[];
}
