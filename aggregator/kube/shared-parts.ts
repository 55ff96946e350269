import { LRUCache } from 'lru-cache';
import type { EndpointSlice, KubernetesAny, Pod } from '../../core/kubernetes.ts';
import { SharedTexts } from '../../proto/shared-texts.ts';

type Own<Type> = { -readonly [Key in keyof Type]: Type[Key] };

/** How many different parts, and texts, are known at a time: objects that have some in common come close after each other. */
const maxKnown = 10_000;

/**
 * Makes equal parts of objects one and the same part, and equal texts one text: the pods of a ReplicaSet differ in little
 * but their names, and names are said again by each change of an object and by the EndpointSlices.
 */
export class SharedParts {
  readonly #known = new LRUCache<string, object>({ max: maxKnown });
  readonly #texts = new SharedTexts(maxKnown);

  /** Puts known parts in place of equal ones. To be called before anybody else holds the object. @param before what it replaces */
  shareIn(object: KubernetesAny, before: KubernetesAny | null): void {
    const metadata: Own<KubernetesAny['metadata']> = object.metadata;
    metadata.name = same(metadata.name, before?.metadata.name);
    metadata.uid = same(metadata.uid, before?.metadata.uid);
    metadata.namespace = this.#texts.of(metadata.namespace);
    if (metadata.creationTimestamp !== undefined) {
      metadata.creationTimestamp = this.#texts.of(metadata.creationTimestamp);
    }
    metadata.labels = this.#one(metadata.labels);
    metadata.ownerReferences = this.#one(metadata.ownerReferences);
    if (isPod(object)) {
      this.#shareInPod(object, before !== null && isPod(before) ? before : null);
    } else if ('template' in object && object.template !== null) {
      const template: Own<typeof object.template> = object.template;
      template.metadata = this.#one(template.metadata);
      template.spec = this.#one(template.spec);
    }
  }

  #shareInPod(pod: Pod, before: Pod | null): void {
    const spec: Own<Pod['spec']> = pod.spec;
    spec.containers = this.#one(spec.containers);
    if (spec.nodeName !== undefined) spec.nodeName = this.#texts.of(spec.nodeName);
    const status: Own<Pod['status']> = pod.status;
    if (status.podIP !== undefined) status.podIP = same(status.podIP, before?.status.podIP);
  }

  #one<Part extends object>(part: Part): Part {
    const key = JSON.stringify(part);
    const known = this.#known.get(key);
    if (known !== undefined) return known as Part;
    this.#known.set(key, part);
    return part;
  }
}

/**
 * Has a slice name pods in the pods' own texts. No text becomes another, so it does not matter who holds the slice.
 * @param podOf the pod of a namespace with a name
 */
export function nameByPods(slice: EndpointSlice, podOf: (namespace: string, name: string) => Pod | undefined): void {
  const endpoints: readonly Own<EndpointSlice['endpoints'][number]>[] = slice.endpoints;
  for (const endpoint of endpoints) {
    const targetRef: Own<NonNullable<typeof endpoint.targetRef>> | undefined = endpoint.targetRef;
    const pod = targetRef?.kind === 'Pod' ? podOf(targetRef.namespace, targetRef.name) : undefined;
    if (targetRef === undefined || pod === undefined) continue;
    const { namespace, name, uid } = pod.metadata;
    targetRef.namespace = namespace;
    targetRef.name = name;
    if (targetRef.uid !== undefined) targetRef.uid = same(targetRef.uid, uid);
    endpoint.address = same(endpoint.address, pod.status.podIP);
  }
}

function isPod(object: KubernetesAny): object is Pod {
  return object.kind === 'Pod' && 'status' in object && 'containers' in object.spec;
}

/** The text that is known already where both are equal. */
function same(text: string, known: string | undefined): string {
  return text === known ? known : text;
}
