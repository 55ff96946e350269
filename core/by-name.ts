/**
 * Items by namespace and name, the namespace empty for those outside of all. Two steps, because a text made of both names
 * would be one more to keep for each of hundreds of thousands.
 */
export class ByName<Item> {
  readonly #namespaces = new Map<string, Map<string, Item>>();

  get(namespace: string, name: string): Item | undefined {
    return this.#namespaces.get(namespace)?.get(name);
  }

  set(namespace: string, name: string, item: Item): void {
    const beside = this.#namespaces.get(namespace);
    if (beside === undefined) this.#namespaces.set(namespace, new Map([[name, item]]));
    else beside.set(name, item);
  }

  /** @returns whether it was there */
  delete(namespace: string, name: string): boolean {
    const beside = this.#namespaces.get(namespace);
    const wasThere = beside?.delete(name) ?? false;
    if (beside?.size === 0) this.#namespaces.delete(namespace);
    return wasThere;
  }

  /** The items of a namespace, in the order in which their names came. */
  in(namespace: string): Iterable<Item> {
    return this.#namespaces.get(namespace)?.values() ?? [];
  }

  /** All items, namespace by namespace. */
  *values(): Generator<Item> {
    for (const beside of this.#namespaces.values()) yield* beside.values();
  }
}
