import { LRUCache } from 'lru-cache';
import type { KubernetesAny } from '../../core/kubernetes.ts';

type Own<Type> = { -readonly [Key in keyof Type]: Type[Key] };

/** How many different parts are known at a time: objects that have some in common come close after each other. */
const maxKnown = 10_000;

/** Makes equal parts of objects one and the same part: the pods of a ReplicaSet differ in little but their names. */
export class SharedParts {
  readonly #known = new LRUCache<string, object>({ max: maxKnown });

  /** Puts known parts in place of equal ones. To be called before anybody else holds the object. */
  shareIn(object: KubernetesAny): void {
    const metadata: Own<KubernetesAny['metadata']> = object.metadata;
    metadata.labels = this.#one(metadata.labels);
    metadata.ownerReferences = this.#one(metadata.ownerReferences);
    if (object.kind === 'Pod' && 'status' in object && 'containers' in object.spec) {
      const spec: Own<typeof object.spec> = object.spec;
      spec.containers = this.#one(spec.containers);
    } else if ('template' in object && object.template !== null) {
      const template: Own<typeof object.template> = object.template;
      template.metadata = this.#one(template.metadata);
      template.spec = this.#one(template.spec);
    }
  }

  #one<Part extends object>(part: Part): Part {
    const key = JSON.stringify(part);
    const known = this.#known.get(key);
    if (known !== undefined) return known as Part;
    this.#known.set(key, part);
    return part;
  }
}
