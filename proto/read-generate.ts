import { cidrContains, parseCidr } from '../core/address.ts';
import { messageOf, WeirError } from '../core/errors.ts';
import type { Direction } from '../core/flow.ts';
import type { Entity } from '../core/identity.ts';
import type {
  GenerateOptions,
  GeneralRule,
  ManualRule,
  PortSpan,
  RowChoice,
} from '../policy/generate/generate-options.ts';
import type { DialectName } from '../policy/print/dialect/dialect.ts';
import { highestPort, lowestPort } from '../policy/evaluate/connections.ts';
import { decodeEntity } from './convert-edge.ts';
import { coreProtocol } from './names.ts';
import type * as wire from './wire.ts';

/** How many choices, rules, and ports of a rule one request may have: bounds what an answer costs. */
const maxChoices = 20_000;
const maxManualRules = 500;
const maxPorts = 100;

const generalRules: Readonly<Partial<Record<string, GeneralRule>>> = {
  GENERAL_RULE_UNSPECIFIED: 'observed',
  GENERAL_RULE_BLOCK_ALL: 'block-all',
  GENERAL_RULE_ALLOW_INSIDE_NAMESPACE: 'allow-inside-namespace',
  GENERAL_RULE_ALLOW_ALL: 'allow-all',
};

const dialectNames: Readonly<Partial<Record<string, DialectName>>> = {
  DIALECT_UNSPECIFIED: 'network-policy',
  DIALECT_CILIUM: 'cilium',
  DIALECT_CALICO: 'calico',
  DIALECT_CALICO_STAGED: 'calico-staged',
  DIALECT_CLUSTER: 'cluster-network-policy',
};

function invalid(what: string): WeirError {
  return new WeirError('QUERY_INVALID', what);
}

function known<Value>(names: Readonly<Partial<Record<string, Value>>>, given: string, field: string): Value {
  const value = Object.hasOwn(names, given) ? names[given] : undefined;
  if (value === undefined)
    throw invalid(`${field}: ${given} is not known; is the other side of another version of Weir?`);
  return value;
}

function readDirection(text: string, place: string): Direction {
  if (text === 'ingress' || text === 'egress') return text;
  throw invalid(`${place}.direction: give ingress or egress, not ${JSON.stringify(text.slice(0, 40))}`);
}

function readBlock(text: string, place: string): string {
  const block = parseCidr(text);
  if (block !== null) return block.text;
  throw invalid(`${place}.cidr: ${JSON.stringify(text.slice(0, 80))} is no block; give one such as 203.0.113.0/24`);
}

function readEntity(message: wire.Entity | null, place: string): Entity {
  try {
    return decodeEntity(message);
  } catch (error) {
    throw invalid(`${place} cannot be read: ${messageOf(error)}`);
  }
}

/** A block in place of an address holds the address. */
function readPlaceOf(
  cidr: string,
  { server, client }: Pick<RowChoice, 'server' | 'client'>,
  direction: Direction,
  place: string,
) {
  if (cidr === '') return null;
  const block = readBlock(cidr, place);
  const far = direction === 'egress' ? server : client;
  if (far.type !== 'external' && far.type !== 'unresolved') {
    throw invalid(`${place}.cidr: only an address can be replaced by a block, and the far end is a ${far.type}`);
  }
  const parsed = parseCidr(block);
  if (parsed !== null && cidrContains(parsed, far.address)) return block;
  throw invalid(`${place}.cidr: ${block} does not hold ${far.address}; give a block that does`);
}

function readChoice(choice: wire.RowChoice, index: number): RowChoice {
  const place = `choices[${index}]`;
  const direction = readDirection(choice.direction, place);
  const protocol = known(coreProtocol, choice.protocol, `${place}.protocol`);
  const ends = {
    client: readEntity(choice.client, `${place}.client`),
    server: readEntity(choice.server, `${place}.server`),
  };
  const { port, include } = choice;
  return { ...ends, protocol, port, direction, include, cidr: readPlaceOf(choice.cidr, ends, direction, place) };
}

function readPorts(ports: readonly wire.PortRange[], place: string): readonly PortSpan[] | null {
  if (ports.length === 0) return null;
  if (ports.length > maxPorts) throw invalid(`${place}.ports: ${ports.length} are too many; give ${maxPorts} at most`);
  return ports.map(({ protocol: name, port: first, endPort }, index) => {
    const protocol = known(coreProtocol, name, `${place}.ports[${index}].protocol`);
    const last = endPort === 0 ? first : endPort;
    if (protocol === 'ICMP' || protocol === 'ICMPv6')
      throw invalid(`${place}.ports[${index}]: ${protocol} has no ports`);
    if (first < lowestPort || last > highestPort || last < first) {
      throw invalid(`${place}.ports[${index}]: ${first} to ${last} are no ports; give numbers from 1 to 65535`);
    }
    return { protocol, first, last };
  });
}

function readManualRule(rule: wire.ManualRule, index: number): ManualRule {
  const place = `manual_rules[${index}]`;
  const direction = readDirection(rule.direction, place);
  const ports = readPorts(rule.ports, place);
  switch (rule.peer) {
    case 'cidr':
      return { direction, ports, peer: { type: 'block', cidr: readBlock(rule.cidr, place) } };
    case 'namespace':
      return { direction, ports, peer: { type: 'namespace', namespace: rule.namespace } };
    case 'workload':
      return { direction, ports, peer: { type: 'workload', ...rule.workload } };
    default:
      throw invalid(`${place} names no peer; give a cidr, a namespace or a workload`);
  }
}

function bounded<Item>(list: readonly Item[], most: number, field: string): readonly Item[] {
  if (list.length > most) throw invalid(`${field}: ${list.length} are too many; give ${most} at most`);
  return list;
}

/** What the request itself says of how rules are made. */
export type RequestedOptions = Omit<GenerateOptions, 'workloadLabels' | 'namespaceLabels' | 'serviceAddresses'>;

/** @throws WeirError QUERY_INVALID: names the field and what it wants */
export function readGenerateOptions(request: wire.GenerateRequest): RequestedOptions {
  const byNamespace = known(
    { PEER_GRAIN_UNSPECIFIED: 'workload', PEER_GRAIN_NAMESPACE: 'namespace' } as const,
    request.peers,
    'peers',
  );
  return {
    choices: bounded(request.choices, maxChoices, 'choices').map(readChoice),
    general: {
      ingress: known(generalRules, request.ingressRule, 'ingress_rule'),
      egress: known(generalRules, request.egressRule, 'egress_rule'),
    },
    manualRules: bounded(request.manualRules, maxManualRules, 'manual_rules').map(readManualRule),
    includeDenied: request.includeDenied,
    peers: byNamespace,
    portRanges: request.portRanges,
    namedPorts: request.namedPorts,
  };
}

/** @throws WeirError QUERY_INVALID */
export function readDialect(request: wire.GenerateRequest): DialectName {
  return known(dialectNames, request.dialect, 'dialect');
}

export function readDirections({ ingress, egress }: wire.GenerateRequest): readonly Direction[] {
  if (ingress === egress) return ['ingress', 'egress'];
  return [ingress ? 'ingress' : 'egress'];
}
