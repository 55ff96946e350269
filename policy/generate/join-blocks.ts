import { addressFromBytes, type Cidr, parseCidr } from '../../core/address.ts';
import { compareText } from '../../core/order.ts';
import { addGrounds, newPeerGrants, type PeerGrants } from './peer-grants.ts';
import { normalPorts, portsKey, type RulePort } from './rule-port.ts';

/** Blocks of one prefix length by their text, of either family. */
type Level = Map<string, PeerGrants & { readonly block: Cidr }>;

const longestPrefix = 128;

/** The block of twice the size that holds it. */
function parentOf({ network, prefix }: Cidr): Cidr {
  return parseCidr(`${addressFromBytes(network)}/${prefix - 1}`) as Cidr;
}

function put(levels: readonly Level[], block: Cidr, ports: readonly RulePort[] | null, adjacent: boolean): PeerGrants {
  const level = levels[block.prefix] as Level;
  const there = level.get(block.text);
  if (there !== undefined) {
    there.ports = there.ports === null || ports === null ? null : normalPorts([...there.ports, ...ports], adjacent);
    return there;
  }
  const made = { ...newPeerGrants({ type: 'block', block }, ports), block };
  level.set(block.text, made);
  return made;
}

/** Joins the halves in one level into blocks of the level above. */
function joinLevel(levels: readonly Level[], level: Level, adjacent: boolean): void {
  const waiting = new Map<string, PeerGrants & { readonly block: Cidr }>();
  for (const each of level.values()) {
    const parent = parentOf(each.block);
    const key = `${parent.text} ${portsKey(each.ports)}`;
    const half = waiting.get(key);
    if (half === undefined) {
      waiting.set(key, each);
      continue;
    }
    const whole = put(levels, parent, each.ports, adjacent);
    for (const part of [half, each]) {
      addGrounds(whole, part);
      level.delete(part.block.text);
    }
  }
}

/**
 * Both halves of a block that have the same ports become the block, and so on: exactly the same addresses.
 * @param adjacent whether ports that touch become one range
 */
export function joinBlocks(peers: readonly PeerGrants[], adjacent: boolean): PeerGrants[] {
  if (peers.filter(({ peer }) => peer.type === 'block').length < 2) return [...peers];
  const levels = Array.from({ length: longestPrefix + 1 }, (): Level => new Map());
  const kept: PeerGrants[] = [];
  for (const each of peers) {
    if (each.peer.type === 'block') addGrounds(put(levels, each.peer.block, each.ports, adjacent), each);
    else kept.push(each);
  }
  for (let prefix = longestPrefix; prefix > 0; prefix--) {
    const level = levels[prefix] as Level;
    if (level.size > 1) joinLevel(levels, level, adjacent);
  }
  const blocks = levels.flatMap((level) => [...level.values()]);
  return [...kept, ...blocks].sort((a, b) => compareText(a.key, b.key));
}
