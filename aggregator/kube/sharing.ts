import { LRUCache } from 'lru-cache';
import type { KubernetesAny, Pod } from '../../core/kubernetes.ts';

/** How many distinct values are remembered; those of one that is forgotten are kept once more. */
const maxShared = 100_000;

function isPod(object: KubernetesAny): object is Pod {
  return object.kind === 'Pod';
}

/** An object without addresses that it says twice. */
export function stripped(object: KubernetesAny): KubernetesAny {
  if (!isPod(object)) return object;
  const { podIPs, ...status } = object.status;
  const saysMore = podIPs !== undefined && (podIPs.length !== 1 || podIPs[0]?.ip !== status.podIP);
  return saysMore ? object : { ...object, status };
}

/** Lets objects share what they have in common, as all pods of a workload do: a cluster then takes half the memory. */
export class Sharing {
  readonly #values = new LRUCache<string, object>({ max: maxShared });
  readonly #texts = new LRUCache<string, string>({ max: maxShared });

  /** An equal object, made of values that earlier ones have too. */
  of(object: KubernetesAny): KubernetesAny {
    const { namespace, labels, ownerReferences } = object.metadata;
    const shared = {
      apiVersion: this.#text(object.apiVersion),
      metadata: {
        ...object.metadata,
        namespace: this.#text(namespace),
        labels: this.#value(labels),
        ownerReferences: this.#value(ownerReferences),
      },
    };
    if ('template' in object) {
      return { ...object, ...shared, template: object.template === null ? null : this.#value(object.template) };
    }
    return isPod(object) ? { ...object, ...shared, ...this.#podParts(object) } : Object.assign({}, object, shared);
  }

  #podParts({ spec, status }: Pod): Pick<Pod, 'spec' | 'status'> {
    const { nodeName, containers } = spec;
    const { hostIP, phase } = status;
    return {
      spec: {
        ...spec,
        ...(nodeName !== undefined && { nodeName: this.#text(nodeName) }),
        containers: this.#value(containers),
      },
      status: {
        ...status,
        ...(phase !== undefined && { phase: this.#text(phase) }),
        ...(hostIP !== undefined && { hostIP: this.#text(hostIP) }),
      },
    };
  }

  #text(text: string): string {
    const known = this.#texts.get(text);
    if (known !== undefined) return known;
    this.#texts.set(text, text);
    return text;
  }

  #value<T extends object>(value: T): T {
    const key = JSON.stringify(value);
    const known = this.#values.get(key);
    if (known !== undefined) return known as T;
    this.#values.set(key, value);
    return value;
  }
}
