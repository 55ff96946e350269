import { type Address, familyOf, parseCidr } from '../../core/address.ts';
import { type Alias, readAlias } from '../../core/alias.ts';
import type { Edge } from '../../core/edge.ts';
import { WeirError } from '../../core/errors.ts';
import type { Entity } from '../../core/identity.ts';
import { compareText } from '../../core/order.ts';
import type { Clock } from '../../core/time.ts';
import type { Store } from '../store/store.ts';

export interface AliasesOptions {
  readonly cluster: string;
  readonly store: Store;
  /** How many there may be. */
  readonly maxAliases: number;
  readonly clock: Clock;
}

/** The aliases of a cluster. They name addresses when somebody asks: a new one names what was recorded before it too. */
export class Aliases {
  readonly #options: AliasesOptions;
  readonly #byName: Map<string, Alias>;
  /** By block. */
  readonly #byCidr: Map<string, Alias>;
  /** Prefix lengths that occur, the longest first. */
  #prefixes: Readonly<Record<4 | 6, readonly number[]>> = { 4: [], 6: [] };

  /** @throws WeirError STORE */
  static async open(options: AliasesOptions): Promise<Aliases> {
    return new Aliases(options, await options.store.aliases(options.cluster));
  }

  private constructor(options: AliasesOptions, stored: readonly Alias[]) {
    this.#options = options;
    this.#byName = new Map(stored.map((alias) => [alias.name, alias]));
    this.#byCidr = new Map(stored.map((alias) => [alias.cidr, alias]));
    this.#index();
  }

  /** Sorted by name, those that have expired included. */
  list(): Alias[] {
    return [...this.#byName.values()].toSorted((a, b) => compareText(a.name, b.name));
  }

  hasExpired({ expiresUnixMs }: Alias): boolean {
    return expiresUnixMs !== null && expiresUnixMs <= this.#options.clock.now();
  }

  /** Makes an alias, or changes the one of that name. @returns it as it is kept. @throws WeirError ALIAS_INVALID, STORE */
  async set(given: Alias): Promise<Alias> {
    const { cluster, store, maxAliases, clock } = this.#options;
    const alias = readAlias(given, clock.now());
    const before = this.#byName.get(alias.name);
    const sameBlock = this.#byCidr.get(alias.cidr);
    if (sameBlock !== undefined && sameBlock.name !== alias.name) {
      throw new WeirError('ALIAS_INVALID', `${alias.cidr} is ${sameBlock.name} already; change or remove that alias`);
    }
    if (before === undefined && this.#byName.size >= maxAliases) {
      throw new WeirError('ALIAS_INVALID', `there are ${maxAliases} already; remove one, or raise --max-aliases`);
    }
    // Before it is stored: of two that are set at once the second must see the first.
    this.#put(before, alias);
    try {
      await store.setAlias(cluster, alias);
    } catch (error) {
      this.#put(alias, before);
      throw error;
    }
    return alias;
  }

  /** @throws WeirError ALIAS_UNKNOWN, STORE */
  async remove(name: string): Promise<void> {
    const { cluster, store } = this.#options;
    const alias = this.#byName.get(name);
    if (alias === undefined) {
      throw new WeirError('ALIAS_UNKNOWN', `${JSON.stringify(name.slice(0, 80))}; list them to see which there are`);
    }
    await store.removeAlias(cluster, name);
    this.#put(alias, undefined);
  }

  /** The edges with the names of their outside ends. */
  name(edges: readonly Edge[]): readonly Edge[] {
    if (this.#byName.size === 0) return edges;
    return edges.map((edge) => {
      const [client, server] = [this.#nameEnd(edge.client), this.#nameEnd(edge.server)];
      return client === edge.client && server === edge.server ? edge : { ...edge, client, server };
    });
  }

  #nameEnd(entity: Entity): Entity {
    if (entity.type !== 'external') return entity;
    const found = this.#find(entity.address);
    if (found === undefined) return entity;
    const { name, cidr, allowed } = found;
    return { ...entity, alias: { name, cidr, allowed } };
  }

  /** Of those that have not expired the one with the smallest block. */
  #find(address: Address): Alias | undefined {
    for (const prefix of this.#prefixes[familyOf(address)]) {
      const block = parseCidr(`${address}/${prefix}`);
      const alias = block === null ? undefined : this.#byCidr.get(block.text);
      if (alias !== undefined && !this.hasExpired(alias)) return alias;
    }
    return undefined;
  }

  #put(before: Alias | undefined, after: Alias | undefined): void {
    if (before !== undefined) {
      this.#byName.delete(before.name);
      this.#byCidr.delete(before.cidr);
    }
    if (after !== undefined) {
      this.#byName.set(after.name, after);
      this.#byCidr.set(after.cidr, after);
    }
    this.#index();
  }

  #index(): void {
    const blocks = [...this.#byCidr.keys()].map(parseCidr).filter((block) => block !== null);
    const prefixes = (family: 4 | 6) =>
      [...new Set(blocks.filter((block) => block.family === family).map(({ prefix }) => prefix))].toSorted(
        (a, b) => b - a,
      );
    this.#prefixes = { 4: prefixes(4), 6: prefixes(6) };
  }
}
