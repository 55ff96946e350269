import { Option } from 'commander';
import { parseAddress } from '../core/address.ts';
import { WeirError } from '../core/errors.ts';
import type * as wire from '../proto/wire.ts';
import { parseWorkload } from './question.ts';

/** What people say of how rules are to be made. */
export interface RuleOptions {
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  readonly rule: readonly string[];
  readonly manual: readonly string[];
  readonly includeDenied: boolean;
  readonly peers: string;
  readonly portRanges: boolean;
  readonly namedPorts: boolean;
  readonly dialect: string;
  readonly comments: boolean;
}

const dialects: Readonly<Record<string, wire.Dialect>> = {
  kubernetes: 'DIALECT_UNSPECIFIED',
  cilium: 'DIALECT_CILIUM',
  calico: 'DIALECT_CALICO',
  'calico-staged': 'DIALECT_CALICO_STAGED',
  cluster: 'DIALECT_CLUSTER',
};
const generalRules: Readonly<Record<string, wire.GeneralRule>> = {
  observed: 'GENERAL_RULE_UNSPECIFIED',
  'block-all': 'GENERAL_RULE_BLOCK_ALL',
  'inside-namespace': 'GENERAL_RULE_ALLOW_INSIDE_NAMESPACE',
  'allow-all': 'GENERAL_RULE_ALLOW_ALL',
};
const protocols: Readonly<Record<string, wire.Protocol>> = {
  TCP: 'PROTOCOL_TCP',
  UDP: 'PROTOCOL_UDP',
  SCTP: 'PROTOCOL_SCTP',
};

/** A flag that may be given again. */
function repeated(flags: string, description: string): Option {
  return new Option(flags, description)
    .default([], 'none')
    .argParser((value: string, before: readonly string[]) => [...before, value]);
}

/** The flags of `RuleOptions`. */
export const ruleOptions = [
  repeated(
    '--include <row>',
    'make a rule for this row too, as the remarks name it; `as BLOCK` behind it widens an address',
  ),
  repeated('--exclude <row>', 'make no rule for this row'),
  repeated('--rule <direction=rule>', `a rule for a whole direction: ${Object.keys(generalRules).join(', ')}`),
  repeated('--manual <rule>', 'a rule of your own: direction, block or namespace/NAME or workload, ports'),
  new Option('--include-denied', 'make rules for what never came through as well').default(false),
  new Option('--peers <grain>', 'name the other ends by their own labels, or by their namespace')
    .choices(['workload', 'namespace'])
    .default('workload'),
  new Option('--port-ranges', 'write adjacent ports as one range').default(false),
  new Option('--named-ports', 'write a port by its name where all pods agree on it').default(false),
  new Option('--dialect <name>', 'kind of policy').choices(Object.keys(dialects)).default('kubernetes'),
  new Option('--comments', 'say above each rule what it rests on').default(false),
] as const;

function misread(flag: string, text: string, what: string): WeirError {
  return new WeirError('USAGE', `${flag} ${JSON.stringify(text)}: ${what}`);
}

function parseEntity(text: string): wire.Entity | null {
  const address = parseAddress(text.replace(/ \([^()]*\)$/, '').replace(/^\S+ (?=[0-9a-f.:]+$)/, ''));
  if (address !== null) return { entity: 'external', external: address, alias: null };
  const [, namespace = '', kind = '', name = ''] = /^([^/\s]+)\/([^/\s]+)\/([^/\s]+)$/.exec(text) ?? [];
  if (namespace !== '') return { entity: 'workload', workload: parseWorkload(`${kind}/${name}`, namespace) };
  const [, inNamespace = '', service = ''] = /^service ([^/\s]+)\/([^/\s]+)$/.exec(text) ?? [];
  if (inNamespace !== '') return { entity: 'service', service: { namespace: inNamespace, name: service } };
  const node = /^node (\S+)$/.exec(text)?.[1];
  return node === undefined ? null : { entity: 'node', node };
}

const rowForm = /^(ingress|egress) (.+) -> (.+) (\d+)\/(TCP|UDP|SCTP)(?: \?)?(?: as (\S+))?$/;

/** Reads `egress shop/deployment/cart -> 203.0.113.7 443/TCP`, as the remarks print it. @throws WeirError USAGE */
function parseRow(flag: string, text: string, include: boolean): wire.RowChoice {
  const [, direction = '', from = '', to = '', port = '', protocol = '', cidr = ''] = rowForm.exec(text.trim()) ?? [];
  const [client, server] = [parseEntity(from), parseEntity(to)];
  if (client === null || server === null) {
    throw misread(flag, text, 'give a row such as "egress shop/deployment/cart -> 203.0.113.7 443/TCP"');
  }
  return {
    client,
    server,
    protocol: protocols[protocol] as wire.Protocol,
    port: Number(port),
    direction,
    include,
    cidr,
  };
}

function parsePort(text: string): wire.PortRange | null {
  const [, first = '', last = '', protocol = 'TCP'] = /^(\d+)(?:-(\d+))?(?:\/(TCP|UDP|SCTP))?$/.exec(text) ?? [];
  if (first === '') return null;
  return {
    protocol: protocols[protocol] as wire.Protocol,
    port: Number(first),
    endPort: last === '' ? 0 : Number(last),
  };
}

/** Reads `egress 203.0.113.0/24 443/TCP,8000-8999`, or with `namespace/NAME` or a workload. @throws WeirError USAGE */
function parseManual(text: string): wire.ManualRule {
  const [direction = '', peer = '', list, ...rest] = text.trim().split(/\s+/);
  const what = 'give a rule such as "egress 203.0.113.0/24 443/TCP" or "ingress namespace/monitoring 9090/TCP"';
  const ports = list === undefined ? [] : list.split(',').map(parsePort);
  const known = ports.filter((port) => port !== null);
  if (rest.length > 0 || known.length < ports.length || peer === '') throw misread('--manual', text, what);
  const parts = { direction, ports: known };
  const namespace = /^namespace\/([^/]+)$/.exec(peer)?.[1];
  if (namespace !== undefined) return { ...parts, peer: 'namespace', namespace };
  const entity = /^[^/]+\/[^/]+\/[^/]+$/.test(peer) ? parseEntity(peer) : null;
  if (entity?.entity === 'workload') return { ...parts, peer: 'workload', workload: entity.workload };
  const address = parseAddress(peer);
  const cidr = address === null ? peer : `${address}/${address.includes(':') ? 128 : 32}`;
  if (!cidr.includes('/')) throw misread('--manual', text, what);
  return { ...parts, peer: 'cidr', cidr };
}

function generalRule(direction: string, given: readonly string[]): wire.GeneralRule {
  const named = given
    .filter((text) => text.startsWith(`${direction}=`))
    .map((text) => text.slice(direction.length + 1));
  if (named.length > 1) throw misread('--rule', named.join(', '), `give one rule for ${direction}`);
  const rule = generalRules[named[0] ?? 'observed'];
  if (rule === undefined) throw misread('--rule', named[0] ?? '', `give ${Object.keys(generalRules).join(', ')}`);
  return rule;
}

type RequestedRules = Pick<
  wire.GenerateRequest,
  | 'choices'
  | 'ingressRule'
  | 'egressRule'
  | 'manualRules'
  | 'includeDenied'
  | 'peers'
  | 'portRanges'
  | 'namedPorts'
  | 'dialect'
  | 'comments'
>;

/** @throws WeirError USAGE: names the flag and what it wants */
export function requestedRules(options: RuleOptions): RequestedRules {
  const { include, exclude, rule, manual, includeDenied, peers, portRanges, namedPorts, dialect, comments } = options;
  const odd = rule.find((text) => !/^(ingress|egress)=/.test(text));
  if (odd !== undefined) throw misread('--rule', odd, 'give ingress=RULE or egress=RULE');
  return {
    choices: [
      ...include.map((text) => parseRow('--include', text, true)),
      ...exclude.map((text) => parseRow('--exclude', text, false)),
    ],
    ingressRule: generalRule('ingress', rule),
    egressRule: generalRule('egress', rule),
    manualRules: manual.map(parseManual),
    includeDenied,
    peers: peers === 'namespace' ? 'PEER_GRAIN_NAMESPACE' : 'PEER_GRAIN_UNSPECIFIED',
    portRanges,
    namedPorts,
    dialect: dialects[dialect] as wire.Dialect,
    comments,
  };
}
