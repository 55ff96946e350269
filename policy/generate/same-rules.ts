import { addressFromBytes, type Cidr, cidrContainsBytes, parseCidr } from '../../core/address.ts';
import type { MergedRule } from './rule.ts';
import { covers, peerKey, type RulePeer } from './rule-peer.ts';
import { holdsPort, normalPorts, portLabel, type RulePort } from './rule-port.ts';

/** Something that one of two sets of rules allows and the other does not. */
export interface Witness {
  /** Whether it is what was asked for that has it, or what was made of that. */
  readonly allowedBy: 'grants' | 'rules';
  readonly peer: RulePeer;
  /** Null: every port. */
  readonly port: RulePort | null;
}

/** The two halves of a block. */
function halves({ network, prefix }: Cidr): [Cidr, Cidr] {
  const upper = Uint8Array.from(network);
  upper[prefix >> 3] = (upper[prefix >> 3] as number) | (0x80 >> (prefix & 7));
  return [network, upper].map((bytes) => parseCidr(`${addressFromBytes(bytes)}/${prefix + 1}`) as Cidr) as [Cidr, Cidr];
}

/** A peer, and ports on which it is let through; null means every port. */
export interface Allowance {
  readonly peer: RulePeer;
  readonly ports: readonly RulePort[] | null;
}

function byPeer(allowances: Iterable<Allowance>): Allowance[] {
  const found = new Map<string, Allowance>();
  for (const each of allowances) {
    const key = peerKey(each.peer);
    const before = found.get(key);
    if (before === undefined) found.set(key, each);
    else if (before.ports !== null) {
      const ports = each.ports === null ? null : normalPorts([...before.ports, ...each.ports], true);
      found.set(key, { peer: each.peer, ports });
    }
  }
  return [...found.values()];
}

/** Rules, or what they were made of, as one set of ports for each peer. */
class Allowed {
  readonly peers: readonly Allowance[];
  readonly #byKey: ReadonlyMap<string, Allowance>;
  readonly #blocks: readonly (readonly [Cidr, Allowance])[];

  constructor(allowances: Iterable<Allowance>) {
    this.peers = byPeer(allowances);
    this.#byKey = new Map(this.peers.map((each) => [peerKey(each.peer), each]));
    this.#blocks = this.peers.flatMap((each) => (each.peer.type === 'block' ? [[each.peer.block, each] as const] : []));
  }

  /** Whether all that the peer may ever stand for is allowed on all of these ports. */
  holds(peer: RulePeer, port: RulePort | null): boolean {
    const holding = (each: Allowance) => (port === null ? each.ports === null : holdsPort(each.ports, port));
    const same = this.#byKey.get(peerKey(peer));
    if (same !== undefined && holding(same)) return true;
    for (const each of this.peers) if (holding(each) && covers(each.peer, peer)) return true;
    if (peer.type !== 'block') return false;
    const within = this.#blocks.filter(
      ([block, each]) => cidrContainsBytes(peer.block, block.network) && holding(each),
    );
    return fills(
      peer.block,
      within.map(([block]) => block),
    );
  }
}

/** Whether blocks that lie in another one fill it. */
function fills(whole: Cidr, parts: readonly Cidr[]): boolean {
  if (parts.some(({ prefix }) => prefix <= whole.prefix)) return true;
  if (parts.length < 2) return false;
  return halves(whole).every((half) =>
    fills(
      half,
      parts.filter((part) => cidrContainsBytes(half, part.network)),
    ),
  );
}

/** Spans that no boundary of the given ports divides. */
function atoms(port: RulePort, among: readonly RulePort[]): RulePort[] {
  if ('name' in port || port.first === port.last) return [port];
  const { protocol, first, last } = port;
  const starts = among.flatMap((each) =>
    'name' in each || each.protocol !== protocol ? [] : [each.first, each.last + 1],
  );
  const cuts = [...new Set([first, ...starts.filter((start) => start > first && start <= last)])].sort((a, b) => a - b);
  return cuts.map((start, index) => ({ protocol, first: start, last: (cuts[index + 1] ?? last + 1) - 1 }));
}

function firstLacking(from: Allowed, to: Allowed, allowedBy: Witness['allowedBy']): Witness | null {
  let others: readonly RulePort[] | null = null;
  for (const { peer, ports } of from.peers) {
    if (ports !== null && ports.every((port) => to.holds(peer, port))) continue;
    others ??= to.peers.flatMap((each) => each.ports ?? []);
    const dividing = others;
    const entries = ports === null ? [null] : ports.flatMap((port) => atoms(port, dividing));
    const lacking = entries.find((port) => !to.holds(peer, port));
    if (lacking !== undefined) return { allowedBy, peer, port: lacking };
  }
  return null;
}

/**
 * Proves that merged rules allow exactly what was asked for: every peer and port of one is held by the other, for all pods
 * and addresses that there may ever be, not only for those of today. @returns a witness where that is not so
 */
export function differenceOf(grants: readonly Allowance[], rules: readonly MergedRule[]): Witness | null {
  const asked = new Allowed(grants);
  const made = new Allowed(rules.flatMap(({ peers, ports }) => peers.map((peer) => ({ peer, ports }))));
  return firstLacking(asked, made, 'grants') ?? firstLacking(made, asked, 'rules');
}

/** `pods {"app":"x"} on TCP 80 are allowed by the rules and were not asked for`. */
export function witnessText({ allowedBy, peer, port }: Witness): string {
  const where = port === null ? 'every port' : portLabel(port);
  const what = `${peerKey(peer).replace(/^\d ?/, '') || 'everyone'} on ${where}`;
  return allowedBy === 'rules'
    ? `${what} is allowed and nobody asked for it`
    : `${what} was asked for and is not allowed`;
}
