import { type Address, type Cidr, cidrContainsBytes } from '../../core/address.ts';
import type { Node } from '../../core/kubernetes.ts';
import type { UnixMs } from '../../core/time.ts';
import type { Changes } from './changes.ts';
import { CidrSet } from './cidr-set.ts';
import { nodeAddresses, podBlocks } from './node-addresses.ts';
import { createdUnixMs } from './pods.ts';
import { type Interval, Timeline, type TimelineOptions } from './timeline.ts';

/** What a node states of addresses, as far as it is believed. */
interface Stated {
  readonly addresses: ReadonlySet<Address>;
  readonly blocks: readonly Cidr[];
}

const nothing: Stated = { addresses: new Set(), blocks: [] };

/** The nodes of a cluster by address, and the blocks that pods get their addresses from. */
export class Nodes {
  readonly #names: Timeline<string>;
  readonly #podBlocks = new CidrSet();
  readonly #known = new Map<string, { readonly node: Node; readonly stated: Stated }>();
  readonly #changes: Changes;
  #configured: readonly Cidr[];

  /**
   * @param configured the pod blocks of the cluster. Where there are some of an address family, what nodes state counts
   * only inside of them: with some network plug-ins nodes state blocks that are not used
   */
  constructor(options: TimelineOptions, configured: readonly Cidr[], changes: Changes) {
    this.#names = new Timeline(options, changes.add);
    this.#configured = configured;
    this.#changes = changes;
    for (const block of configured) this.#podBlocks.add(block);
  }

  /** Replaces the configured pod blocks, and believes the nodes accordingly from now on. */
  configure(blocks: readonly Cidr[], nowUnixMs: UnixMs): void {
    for (const block of blocks) this.#podBlocks.add(block);
    for (const block of this.#configured) this.#podBlocks.remove(block);
    this.#configured = blocks;
    this.#changes.addBlocks();
    for (const { node } of this.#known.values()) this.change(node, node, nowUnixMs, false);
  }

  change(before: Node | null, after: Node | null, nowUnixMs: UnixMs, alwaysSo: boolean): void {
    const name = (after ?? before)?.metadata.name ?? '';
    const had = this.#known.get(name)?.stated ?? nothing;
    const has = after === null ? nothing : this.#read(after);
    if (after === null) this.#known.delete(name);
    else this.#known.set(name, { node: after, stated: has });
    for (const address of had.addresses) {
      if (!has.addresses.has(address)) this.#names.release(address, name, nowUnixMs);
    }
    const created = before === null && after !== null ? createdUnixMs(after.metadata) : null;
    const fromUnixMs = created ?? (alwaysSo ? -Infinity : nowUnixMs);
    for (const address of has.addresses) {
      if (!had.addresses.has(address)) this.#names.hold(address, name, fromUnixMs, nowUnixMs);
    }
    for (const block of has.blocks) if (this.#podBlocks.add(block)) this.#changes.addBlocks();
    for (const block of had.blocks) if (this.#podBlocks.remove(block)) this.#changes.addBlocks();
  }

  /** The node with an address at a moment; `duplicate` when it may have been either of several. */
  at(address: Address, unixMs: UnixMs): string | undefined {
    return this.#names.holder(address, unixMs);
  }

  /** Who had an address when. */
  times(address: Address): Iterable<Interval<string>> {
    return this.#names.all(address);
  }

  /** Every address that a node has or had. */
  addresses(): Iterable<string> {
    return this.#names.keys();
  }

  /** The one node that has an address now. */
  holder(address: Address): string | undefined {
    const [only, ...others] = this.#names.present(address);
    return others.length === 0 ? only?.value : undefined;
  }

  /** Whether an address lies in a block that pods get their addresses from. */
  isPodAddress(address: Address): boolean {
    return this.#podBlocks.contains(address);
  }

  /** Holdings that were forgotten before their time because there were too many. */
  get forgottenEarly(): number {
    return this.#names.forgottenEarly;
  }

  forget(beforeUnixMs: UnixMs): void {
    this.#names.forget(beforeUnixMs);
  }

  #read(node: Node): Stated {
    const blocks = podBlocks(node).filter((block) => this.#isTrusted(block));
    return { addresses: new Set(nodeAddresses(node, blocks)), blocks };
  }

  #isTrusted(block: Cidr): boolean {
    const sameFamily = this.#configured.filter(({ family }) => family === block.family);
    if (sameFamily.length === 0) return true;
    return sameFamily.some((outer) => outer.prefix <= block.prefix && cidrContainsBytes(outer, block.network));
  }
}
