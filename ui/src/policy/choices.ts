import type { Dialect, GeneralRule, PortRange, Protocol } from '../../../proto/wire.ts';

export type Direction = 'ingress' | 'egress';

/** What a person decided about one row of a table; what is not decided is left to the generator. */
export interface RowDecision {
  readonly include: boolean;
  /** The block that is allowed in place of the row's address; empty for the address itself. */
  readonly cidr: string;
}

export interface Manual {
  readonly direction: Direction;
  readonly peer: 'cidr' | 'namespace';
  readonly value: string;
  readonly ports: readonly PortRange[];
}

/** How the policy is to be made, beside the scope. */
export interface PolicyChoices {
  /** By the short key of the row (rowKey). */
  readonly rows: ReadonlyMap<string, RowDecision>;
  readonly ingressRule: GeneralRule;
  readonly egressRule: GeneralRule;
  readonly manual: readonly Manual[];
  readonly directions: 'both' | Direction;
  readonly dialect: Dialect;
  readonly byNamespace: boolean;
  readonly includeDenied: boolean;
  readonly portRanges: boolean;
  readonly namedPorts: boolean;
  readonly comments: boolean;
}

export const noChoices: PolicyChoices = {
  rows: new Map(),
  ingressRule: 'GENERAL_RULE_UNSPECIFIED',
  egressRule: 'GENERAL_RULE_UNSPECIFIED',
  manual: [],
  directions: 'both',
  dialect: 'DIALECT_UNSPECIFIED',
  byNamespace: false,
  includeDenied: false,
  portRanges: false,
  namedPorts: false,
  comments: true,
};

/** General rules by what the URL says. */
export const generalRules = {
  observed: 'GENERAL_RULE_UNSPECIFIED',
  block: 'GENERAL_RULE_BLOCK_ALL',
  namespace: 'GENERAL_RULE_ALLOW_INSIDE_NAMESPACE',
  all: 'GENERAL_RULE_ALLOW_ALL',
} as const satisfies Readonly<Record<string, GeneralRule>>;

/** Dialects by what the URL, and the command line, say. */
export const dialects = {
  kubernetes: 'DIALECT_UNSPECIFIED',
  cilium: 'DIALECT_CILIUM',
  calico: 'DIALECT_CALICO',
  'calico-staged': 'DIALECT_CALICO_STAGED',
  cluster: 'DIALECT_CLUSTER',
} as const satisfies Readonly<Record<string, Dialect>>;

/** The name that a table gives a value; the first where it gives none. */
export function nameOf<T extends string>(table: Readonly<Record<string, T>>, value: T): string {
  return Object.keys(table).find((name) => table[name] === value) ?? Object.keys(table)[0] ?? '';
}

/** 53 bits of a hash, in base 36: two rows of one cluster have the same as good as never. */
export function rowKey(direction: Direction, edge: string): string {
  let [high, low] = [0xdeadbeef, 0x41c6ce57];
  for (const character of `${direction}|${edge}`) {
    const code = character.codePointAt(0) ?? 0;
    high = Math.imul(high ^ code, 2654435761);
    low = Math.imul(low ^ code, 1597334677);
  }
  high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909);
  low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909);
  return (4294967296 * (2097151 & low) + (high >>> 0)).toString(36);
}

const flags = ['byNamespace', 'includeDenied', 'portRanges', 'namedPorts'] as const;
const protocols: readonly Protocol[] = ['PROTOCOL_TCP', 'PROTOCOL_UDP', 'PROTOCOL_SCTP'];

/** `TCP:443-445`, `UDP:53`; a port of 0 means every port of the protocol. */
export function portRangeText({ protocol, port, endPort }: PortRange): string {
  return `${protocol.slice('PROTOCOL_'.length)}:${port}${endPort > port ? `-${endPort}` : ''}`;
}

/** Reads what portRangeText writes; null for anything else. */
export function parsePortRange(text: string): PortRange | null {
  const match = /^(TCP|UDP|SCTP)[:/](\d{1,5})(?:-(\d{1,5}))?$/i.exec(text.trim());
  if (match === null) return null;
  const protocol = protocols.find((each) => each.endsWith(`_${match[1]?.toUpperCase()}`));
  const [port, endPort] = [Number(match[2]), Number(match[3] ?? 0)];
  const right =
    protocol !== undefined && port >= 1 && port <= 65_535 && (endPort === 0 || endPort >= port) && endPort <= 65_535;
  return right ? { protocol, port, endPort } : null;
}

function parseManual(text: string): Manual | null {
  const [direction, peer, value, ports = ''] = text.split('~');
  if ((direction !== 'ingress' && direction !== 'egress') || (peer !== 'cidr' && peer !== 'namespace')) return null;
  if (value === undefined || value === '') return null;
  const ranges = ports.split('+').filter(Boolean).map(parsePortRange);
  return ranges.includes(null) ? null : { direction, peer, value, ports: ranges.filter((range) => range !== null) };
}

function parseRow(text: string): [string, RowDecision] | null {
  const match = /^([+-])([a-z0-9]{1,11})(?:@([0-9a-f.:/]{2,43}))?$/.exec(text);
  return match === null ? null : [match[2] ?? '', { include: match[1] === '+', cidr: match[3] ?? '' }];
}

/** Reads the choices out of a URL's query; what is not understood is left out. */
export function parseChoices(given: URLSearchParams): PolicyChoices {
  const list = (name: string, separator: string) => (given.get(name) ?? '').split(separator).filter(Boolean);
  const rule = (name: string) => generalRules[(given.get(name) ?? 'observed') as keyof typeof generalRules];
  const set = new Set(list('options', ' '));
  const directions = given.get('directions');
  return {
    rows: new Map(
      list('rows', ' ')
        .map(parseRow)
        .filter((row) => row !== null),
    ),
    ingressRule: rule('ingress') ?? noChoices.ingressRule,
    egressRule: rule('egress') ?? noChoices.egressRule,
    manual: list('manual', ' ')
      .map(parseManual)
      .filter((each) => each !== null),
    directions: directions === 'ingress' || directions === 'egress' ? directions : 'both',
    dialect: dialects[(given.get('dialect') ?? 'kubernetes') as keyof typeof dialects] ?? noChoices.dialect,
    byNamespace: set.has('byNamespace'),
    includeDenied: set.has('includeDenied'),
    portRanges: set.has('portRanges'),
    namedPorts: set.has('namedPorts'),
    comments: !set.has('noComments'),
  };
}

/** The parameters of a URL's query; an empty one is not written. */
export function choicesText(choices: PolicyChoices): [name: string, value: string][] {
  const rows = [...choices.rows].map(([key, { include, cidr }]) => `${include ? '+' : '-'}${key}${cidr && `@${cidr}`}`);
  const manual = choices.manual.map(
    ({ direction, peer, value, ports }) => `${direction}~${peer}~${value}~${ports.map(portRangeText).join('+')}`,
  );
  const options = [...flags.filter((flag) => choices[flag]), ...(choices.comments ? [] : ['noComments'])];
  const unless = (usual: string, value: string) => (value === usual ? '' : value);
  return [
    ['rows', rows.join(' ')],
    ['ingress', unless('observed', nameOf(generalRules, choices.ingressRule))],
    ['egress', unless('observed', nameOf(generalRules, choices.egressRule))],
    ['manual', manual.join(' ')],
    ['directions', unless('both', choices.directions)],
    ['dialect', unless('kubernetes', nameOf(dialects, choices.dialect))],
    ['options', options.join(' ')],
  ];
}

/** With one row decided otherwise; null takes the decision back. */
export function withRow(choices: PolicyChoices, key: string, decision: RowDecision | null): PolicyChoices {
  const rows = new Map(choices.rows);
  if (decision === null) rows.delete(key);
  else rows.set(key, decision);
  return { ...choices, rows };
}
