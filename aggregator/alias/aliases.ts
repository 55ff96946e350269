import { type Address, familyOf, parseCidr } from '../../core/address.ts';
import { type Alias, readAlias } from '../../core/alias.ts';
import type { Edge } from '../../core/edge.ts';
import { WeirError } from '../../core/errors.ts';
import type { Entity } from '../../core/identity.ts';
import { compareText } from '../../core/order.ts';
import type { Clock } from '../../core/time.ts';
import type { Store, StoredAliases } from '../store/store.ts';

export interface AliasesOptions {
  readonly cluster: string;
  readonly store: Store;
  /** How many there may be. */
  readonly maxAliases: number;
  readonly clock: Clock;
}

/**
 * The aliases of a cluster. They name addresses when somebody asks: a new one names what was recorded before it too.
 * Other aggregators may change them: before a change they are read again, and a change holds only if nobody was first.
 */
export class Aliases {
  readonly #options: AliasesOptions;
  #revision = -1;
  #byName: ReadonlyMap<string, Alias> = new Map();
  /** By block. */
  #byCidr: ReadonlyMap<string, Alias> = new Map();
  /** Prefix lengths that occur, the longest first. */
  #prefixes: Readonly<Record<4 | 6, readonly number[]>> = { 4: [], 6: [] };

  /** @throws WeirError STORE */
  static async open(options: AliasesOptions): Promise<Aliases> {
    const aliases = new Aliases(options);
    await aliases.read();
    return aliases;
  }

  private constructor(options: AliasesOptions) {
    this.#options = options;
  }

  /** Of the aliases that are known here, as the store counts it. */
  get revision(): number {
    return this.#revision;
  }

  /** Takes up what is stored. @throws WeirError STORE */
  async read(): Promise<void> {
    const { cluster, store } = this.#options;
    this.#take(await store.aliases(cluster));
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
    await this.#change(alias.name, alias, (revision) => {
      const sameBlock = this.#byCidr.get(alias.cidr);
      if (sameBlock !== undefined && sameBlock.name !== alias.name) {
        throw new WeirError('ALIAS_INVALID', `${alias.cidr} is ${sameBlock.name} already; change or remove that alias`);
      }
      if (!this.#byName.has(alias.name) && this.#byName.size >= maxAliases) {
        throw new WeirError('ALIAS_INVALID', `there are ${maxAliases} already; remove one, or raise --max-aliases`);
      }
      return store.setAlias(cluster, alias, revision);
    });
    return alias;
  }

  /** @throws WeirError ALIAS_UNKNOWN, STORE */
  async remove(name: string): Promise<void> {
    const { cluster, store } = this.#options;
    await this.#change(name, null, (revision) => {
      if (!this.#byName.has(name)) {
        throw new WeirError('ALIAS_UNKNOWN', `${JSON.stringify(name.slice(0, 80))}; list them to see which there are`);
      }
      return store.removeAlias(cluster, name, revision);
    });
  }

  /** @param store tries it against what has that revision; returns false when somebody else was first */
  async #change(name: string, alias: Alias | null, store: (revision: number) => Promise<boolean>): Promise<void> {
    for (;;) {
      await this.read();
      const revision = this.#revision;
      const others = [...this.#byName.values()].filter((each) => each.name !== name);
      if (!(await store(revision))) continue;
      this.#take({ aliases: alias === null ? others : [...others, alias], revision: revision + 1 });
      return;
    }
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

  /** Takes up aliases unless newer ones are known. */
  #take({ aliases, revision }: StoredAliases): void {
    if (revision <= this.#revision) return;
    this.#revision = revision;
    this.#byName = new Map(aliases.map((alias) => [alias.name, alias]));
    this.#byCidr = new Map(aliases.map((alias) => [alias.cidr, alias]));
    const blocks = [...this.#byCidr.keys()].map(parseCidr).filter((block) => block !== null);
    const prefixes = (family: 4 | 6) =>
      [...new Set(blocks.filter((block) => block.family === family).map(({ prefix }) => prefix))].toSorted(
        (a, b) => b - a,
      );
    this.#prefixes = { 4: prefixes(4), 6: prefixes(6) };
  }
}
