import { compareText } from '../../core/order.ts';
import type { NetworkPolicyPort } from '../../core/kubernetes.ts';
import type { PortProtocol } from '../evaluate/connections.ts';

/** Ports of a generated rule: a name, or numbers of which both ends are in it. */
export type RulePort =
  | { readonly protocol: PortProtocol; readonly name: string }
  | { readonly protocol: PortProtocol; readonly first: number; readonly last: number };

type Numbers = Exclude<RulePort, { readonly name: string }>;

export function onePort(protocol: PortProtocol, port: number): RulePort {
  return { protocol, first: port, last: port };
}

/** `TCP 8080`, `TCP 8000-8999`, `TCP http`. */
export function portLabel(port: RulePort): string {
  if ('name' in port) return `${port.protocol} ${port.name}`;
  return `${port.protocol} ${port.first}${port.last === port.first ? '' : `-${port.last}`}`;
}

/** Equal for equal ports only. */
export function portsKey(ports: readonly RulePort[] | null): string {
  return ports === null ? 'every' : ports.map(portLabel).join();
}

/** As NetworkPolicy writes it. */
export function toNetworkPolicyPort(port: RulePort): NetworkPolicyPort {
  if ('name' in port) return { protocol: port.protocol, port: port.name };
  const { protocol, first, last } = port;
  return last === first ? { protocol, port: first } : { protocol, port: first, endPort: last };
}

function isNamed(port: RulePort): port is Extract<RulePort, { readonly name: string }> {
  return 'name' in port;
}

/** One or two spans as one; null where they have to stay two. Single ports that merely touch stay apart unless asked. */
function joined(a: Numbers, b: Numbers, adjacent: boolean): Numbers | null {
  if (a.protocol !== b.protocol || b.first > a.last + 1) return null;
  const overlap = b.first <= a.last;
  if (!overlap && !adjacent) return null;
  return { protocol: a.protocol, first: a.first, last: Math.max(a.last, b.last) };
}

function compare(a: RulePort, b: RulePort): number {
  if (isNamed(a) || isNamed(b)) {
    if (isNamed(a) && isNamed(b)) return compareText(portLabel(a), portLabel(b));
    return isNamed(a) ? 1 : -1;
  }
  return a.first - b.first || compareText(a.protocol, b.protocol) || b.last - a.last;
}

/**
 * The same ports without repeats, in the fewest entries: sorted by number, then protocol, names behind.
 * @param adjacent whether ports that touch become one range
 */
export function normalPorts(ports: readonly RulePort[], adjacent: boolean): RulePort[] {
  const names = new Map(ports.filter(isNamed).map((port) => [portLabel(port), port]));
  const numbers = ports.filter((port): port is Numbers => !isNamed(port));
  if (numbers.length > 1)
    numbers.sort((a, b) => compareText(a.protocol, b.protocol) || a.first - b.first || b.last - a.last);
  const spans: Numbers[] = [];
  for (const each of numbers) {
    const last = spans.at(-1);
    const together = last === undefined ? null : joined(last, each, adjacent);
    if (together === null) spans.push(each);
    else spans[spans.length - 1] = together;
  }
  return [...spans, ...names.values()].sort(compare);
}

/** Whether a set of normal ports holds all of an entry, one of its own or several together. Null is every port. */
export function holdsPort(ports: readonly RulePort[] | null, port: RulePort): boolean {
  if (ports === null) return true;
  if (isNamed(port)) return ports.some((each) => isNamed(each) && portLabel(each) === portLabel(port));
  let next = port.first;
  for (const each of ports) {
    if (isNamed(each) || each.protocol !== port.protocol) continue;
    if (each.first <= next && each.last >= next) next = each.last + 1;
  }
  return next > port.last;
}
