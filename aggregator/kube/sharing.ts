import { LRUCache } from 'lru-cache';
import type { Controller, KubernetesAny, Pod } from '../../core/kubernetes.ts';

/** How many distinct values are remembered; those of one that is forgotten are kept once more. */
const maxShared = 100_000;

/** Lets objects share what they have in common, as all pods of a workload do: a cluster then takes half the memory. */
export class Sharing {
  readonly #values = new LRUCache<string, object>({ max: maxShared });
  readonly #texts = new LRUCache<string, string>({ max: maxShared });

  /** The object with everything that it shares with earlier ones, and without what nobody reads. */
  of(object: KubernetesAny): KubernetesAny {
    const { metadata } = object;
    const shared = {
      ...object,
      apiVersion: this.#text(object.apiVersion),
      metadata: {
        ...metadata,
        namespace: this.#text(metadata.namespace),
        labels: this.#value(metadata.labels),
        // Long, as a rule, and told by nodes alone what is of interest here.
        annotations: object.kind === 'Node' ? metadata.annotations : this.#value({}),
        ownerReferences: this.#value(metadata.ownerReferences),
      },
    };
    if (object.kind === 'Pod') return { ...shared, ...this.#podParts(object as Pod) } as KubernetesAny;
    if ('template' in object)
      return { ...shared, template: this.#value((object as Controller).template) } as KubernetesAny;
    return shared as KubernetesAny;
  }

  #podParts({ spec, status }: Pod): Pick<Pod, 'spec' | 'status'> {
    const { nodeName, containers } = spec;
    const { hostIP, phase, podIP, podIPs } = status;
    return {
      spec: { ...spec, ...(nodeName && { nodeName: this.#text(nodeName) }), containers: this.#value(containers) },
      status: {
        ...(phase && { phase: this.#text(phase) }),
        ...(hostIP && { hostIP: this.#text(hostIP) }),
        // Of most pods podIPs says no more than podIP.
        ...(podIP && { podIP }),
        ...(podIPs && (podIPs.length !== 1 || podIPs[0]?.ip !== podIP) && { podIPs }),
      },
    };
  }

  #text(text: string): string {
    const known = this.#texts.get(text);
    if (known !== undefined) return known;
    this.#texts.set(text, text);
    return text;
  }

  #value<T extends object | null>(value: T): T {
    if (value === null) return value;
    const key = JSON.stringify(value);
    const known = this.#values.get(key);
    if (known !== undefined) return known as T;
    this.#values.set(key, value);
    return value;
  }
}
