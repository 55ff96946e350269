import { dequal } from 'dequal/lite';
import { ByName } from '../../core/by-name.ts';
import {
  type ClusterSnapshot,
  type Controller,
  type EndpointSlice,
  kindKey,
  type KubernetesAny,
  type ObjectChange,
  type ObjectMeta,
  type OtherPolicy,
  type Pod,
  withoutTwins,
} from '../../core/kubernetes.ts';
import { nameByPods, SharedParts } from './shared-parts.ts';

function nameIn({ namespace, name }: ObjectMeta): string {
  return `${namespace}/${name}`;
}

/** The objects of one kind by name, and the same as an array that is made when it is asked for. */
class Kind {
  readonly byName = new ByName<KubernetesAny>();
  #all: readonly KubernetesAny[] | null = null;

  changed(): void {
    this.#all = null;
  }

  /** The same array until something changes. */
  get all(): readonly KubernetesAny[] {
    this.#all ??= [...this.byName.values()];
    return this.#all;
  }
}

/**
 * All objects of a cluster. A source tells it what it reads, in whatever portions, and is told what that changes: an
 * object that equals the one that is held already changes nothing. A replaced object keeps its place in the order.
 */
export class ClusterObjects {
  readonly #kinds = new Map<string, Kind>();
  readonly #parts = new SharedParts();
  #snapshot: ClusterSnapshot | null = null;

  /** Takes over an object in place of the one of the same kind, namespace and name. @returns null when they are equal */
  set(after: KubernetesAny): ObjectChange | null {
    const { namespace, name } = after.metadata;
    const kind = this.#kind(kindKey(after));
    const before = kind.byName.get(namespace, name) ?? null;
    if (before === after || dequal(before, after)) return null;
    this.#parts.shareIn(after, before);
    if (isSlice(after)) nameByPods(after, this.#podOf);
    kind.byName.set(namespace, name, after);
    this.#changed(kind);
    return { before, after };
  }

  /** @param kindName as `kindKey` gives it. @returns null when there was no such object */
  remove(kindName: string, namespace: string, name: string): ObjectChange | null {
    return this.#remove(this.#kind(kindName), namespace, name);
  }

  /**
   * Removes the objects of a kind that are not among those named: the end of a listing that came in portions.
   * @param names as `namespace/name`, with nothing before the slash outside of all namespaces
   */
  keepOnly(kindName: string, names: ReadonlySet<string>): ObjectChange[] {
    const kind = this.#kind(kindName);
    const gone = kind.all.filter(({ metadata }) => !names.has(nameIn(metadata)));
    return gone
      .map(({ metadata: { namespace, name } }) => this.#remove(kind, namespace, name))
      .filter((change) => change !== null);
  }

  /** Takes all objects of a kind in place of those before. Of two with one name the later one stands. */
  replaceKind(kindName: string, objects: Iterable<KubernetesAny>): ObjectChange[] {
    const latest = new Map<string, KubernetesAny>();
    for (const object of objects) latest.set(nameIn(object.metadata), object);
    const set = [...latest.values()].map((object) => this.set(object)).filter((change) => change !== null);
    return [...set, ...this.keepOnly(kindName, new Set(latest.keys()))];
  }

  /** Takes all objects of every kind in place of those before. Of two with one kind and name the later one stands. */
  replaceAll(objects: Iterable<KubernetesAny>): ObjectChange[] {
    const byKind = new Map<string, KubernetesAny[]>([...this.#kinds.keys()].map((kind) => [kind, []]));
    for (const object of objects) {
      const beside = byKind.get(kindKey(object));
      if (beside === undefined) byKind.set(kindKey(object), [object]);
      else beside.push(object);
    }
    return [...byKind].flatMap(([kind, each]) => this.replaceKind(kind, each));
  }

  /** Has slices that came before their pods share the pods' texts, as later ones do. */
  shareTexts(): void {
    for (const slice of this.#all('EndpointSlice')) nameByPods(slice, this.#podOf);
  }

  /** The present state: the same object until something changes, and made only when it is asked for. */
  snapshot(): ClusterSnapshot {
    this.#snapshot ??= {
      namespaces: this.#all('Namespace'),
      nodes: this.#all('Node'),
      pods: this.#all('Pod'),
      services: this.#all('Service'),
      endpointSlices: this.#all('EndpointSlice'),
      networkPolicies: this.#all('NetworkPolicy'),
      clusterPolicies: [
        ...this.#all('AdminNetworkPolicy'),
        ...this.#all('BaselineAdminNetworkPolicy'),
        ...this.#all('ClusterNetworkPolicy'),
      ],
      serviceCidrs: this.#all('ServiceCIDR'),
      controllers: [...this.#kinds.values()].flatMap(({ all }) => all.filter(isController)),
      otherPolicies: withoutTwins([...this.#kinds.values()].flatMap(({ all }) => all.filter(isOtherPolicy))),
    };
    return this.#snapshot;
  }

  #all<Name extends KubernetesAny['kind']>(kindName: Name) {
    return (this.#kinds.get(kindName)?.all ?? []) as readonly Extract<KubernetesAny, { kind: Name }>[];
  }

  readonly #podOf = (namespace: string, name: string) =>
    this.#kinds.get('Pod')?.byName.get(namespace, name) as Pod | undefined;

  #remove(kind: Kind, namespace: string, name: string): ObjectChange | null {
    const before = kind.byName.get(namespace, name);
    if (before === undefined) return null;
    kind.byName.delete(namespace, name);
    this.#changed(kind);
    return { before, after: null };
  }

  #changed(kind: Kind): void {
    kind.changed();
    this.#snapshot = null;
  }

  #kind(name: string): Kind {
    const known = this.#kinds.get(name);
    if (known !== undefined) return known;
    const added = new Kind();
    this.#kinds.set(name, added);
    return added;
  }
}

/** All objects of a state, as the changes that make it out of nothing. */
export function asChanges(snapshot: ClusterSnapshot): ObjectChange[] {
  const all: readonly (readonly KubernetesAny[])[] = Object.values(snapshot);
  return all.flat().map((after) => ({ before: null, after }));
}

function isSlice(object: KubernetesAny): object is EndpointSlice {
  return 'endpoints' in object;
}

function isController(object: KubernetesAny): object is Controller {
  return 'template' in object;
}

function isOtherPolicy(object: KubernetesAny): object is OtherPolicy {
  return 'body' in object;
}
