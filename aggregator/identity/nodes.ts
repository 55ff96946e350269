import type { Address, Cidr } from '../../core/address.ts';
import { parseCidr } from '../../core/address.ts';
import type { Node } from '../../core/kubernetes.ts';
import type { UnixMs } from '../../core/time.ts';
import { CidrSet } from './cidr-set.ts';
import { nodeAddresses, podBlocks } from './node-addresses.ts';
import { createdUnixMs } from './pods.ts';
import { onlyHolder, Timeline, type TimelineOptions } from './timeline.ts';

/** The nodes of a cluster by address, and the blocks that they state for their pods. */
export class Nodes {
  readonly #names: Timeline<string>;
  readonly #podBlocks = new CidrSet();

  /** @param configured pod blocks besides those that nodes state */
  constructor(options: TimelineOptions, configured: readonly Cidr[]) {
    this.#names = new Timeline(options);
    for (const block of configured) this.#podBlocks.add(block);
  }

  change(before: Node | null, after: Node | null, nowUnixMs: UnixMs, alwaysSo: boolean): void {
    const [had, has] = [before, after].map((node) => new Set<Address>(node === null ? [] : nodeAddresses(node)));
    const name = (after ?? before)?.metadata.name ?? '';
    for (const address of had ?? []) if (has?.has(address) !== true) this.#names.release(address, name, nowUnixMs);
    const created = before === null && after !== null ? createdUnixMs(after.metadata) : null;
    const fromUnixMs = created ?? (alwaysSo ? -Infinity : nowUnixMs);
    for (const address of has ?? []) {
      if (had?.has(address) !== true) this.#names.hold(address, name, fromUnixMs, nowUnixMs);
    }
    for (const block of blocksOf(after)) this.#podBlocks.add(block);
    for (const block of blocksOf(before)) this.#podBlocks.remove(block);
  }

  /** The node with an address at a moment; `duplicate` when it may have been either of several. */
  at(address: Address, unixMs: UnixMs): string | undefined {
    return onlyHolder(this.#names, address, unixMs);
  }

  /** Whether an address lies in a block that pods get their addresses from. */
  isPodAddress(address: Address): boolean {
    return this.#podBlocks.contains(address);
  }

  forget(beforeUnixMs: UnixMs): void {
    this.#names.forget(beforeUnixMs);
  }
}

function blocksOf(node: Node | null): Cidr[] {
  return node === null
    ? []
    : podBlocks(node)
        .map(parseCidr)
        .filter((block) => block !== null);
}
