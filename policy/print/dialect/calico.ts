import { familyOfCidr } from '../../../core/address.ts';
import type { Fields } from '../../../core/fields.ts';
import type { Direction } from '../../../core/flow.ts';
import type { LabelSelector, NetworkPolicyPeer, NetworkPolicyPort } from '../../../core/kubernetes.ts';
import { compareText } from '../../../core/order.ts';
import { present, type WrittenRule } from '../policy-object.ts';
import { type Dialect, type DialectLoss, inParts, type PlainRule, rulesOf } from './dialect.ts';
import { writtenMetadata } from './network-policy.ts';

/*
 * The form is that of projectcalico.org/v3 (github.com/projectcalico/calico, api/pkg/apis/projectcalico/v3): a rule
 * has one selector, one protocol, 256 blocks of one family and 50 ports at most; a selector has 1024 characters.
 */
const maxBlocks = 256;
const maxPorts = 50;
const maxSelector = 1024;

/** Values are quoted; no label's value holds a quote. */
function requirement({ key, operator, values = [] }: NonNullable<LabelSelector['matchExpressions']>[number]): string {
  const list = values.map((value) => `'${value}'`).join(', ');
  switch (operator) {
    case 'In':
      return `${key} in {${list}}`;
    case 'NotIn':
      return `${key} not in {${list}}`;
    case 'Exists':
      return `has(${key})`;
    case 'DoesNotExist':
      return `!has(${key})`;
  }
}

/** A selector as an expression; `all()` for one that is empty. */
function expression({ matchLabels = {}, matchExpressions = [] }: LabelSelector): string {
  const labels = Object.entries(matchLabels).sort(([a], [b]) => compareText(a, b));
  const terms = [...labels.map(([key, value]) => `${key} == '${value}'`), ...matchExpressions.map(requirement)];
  return terms.length === 0 ? 'all()' : terms.join(' && ');
}

function entity({ podSelector = {}, namespaceSelector }: NetworkPolicyPeer): Fields {
  if (namespaceSelector === undefined) return { selector: expression(podSelector) };
  const isEvery = Object.keys(podSelector).length === 0;
  return present({
    namespaceSelector: expression(namespaceSelector),
    selector: isEvery ? undefined : expression(podSelector),
  });
}

/** Every peer as a rule of its own names it; plain blocks of one family stand together. */
function entitiesOf(peers: readonly NetworkPolicyPeer[]): Fields[] {
  const selectors = peers.filter(({ ipBlock }) => ipBlock === undefined).map(entity);
  const blocks = peers.flatMap(({ ipBlock }) => ipBlock ?? []);
  const plain = blocks.filter(({ except = [] }) => except.length === 0).map(({ cidr }) => cidr);
  const ofFamily = (family: 4 | 6) =>
    inParts(
      plain.filter((cidr) => familyOfCidr(cidr) === family),
      maxBlocks,
    );
  return [
    ...selectors,
    ...[...ofFamily(4), ...ofFamily(6)].map((nets) => ({ nets })),
    ...blocks
      .filter(({ except = [] }) => except.length > 0)
      .map(({ cidr, except }) => ({ nets: [cidr], notNets: except })),
  ];
}

function portText({ port, endPort }: NetworkPolicyPort): string | number | null {
  if (port === undefined) return null;
  return endPort === undefined || endPort === port ? port : `${port}:${endPort}`;
}

/** By protocol; no ports means every one of the protocol. */
function portsByProtocol(
  ports: readonly NetworkPolicyPort[],
): (readonly [protocol: string, ports: (string | number)[]])[] {
  const found = new Map<string, (string | number)[] | null>();
  for (const each of ports) {
    const protocol = each.protocol ?? 'TCP';
    const text = portText(each);
    const before = found.get(protocol);
    if (text === null || before === null) found.set(protocol, null);
    else found.set(protocol, [...(before ?? []), text]);
  }
  return [...found].flatMap(([protocol, texts]) =>
    texts === null ? [[protocol, []] as const] : inParts(texts, maxPorts).map((part) => [protocol, part] as const),
  );
}

function rulesFor(direction: Direction, index: number, { peers, ports }: PlainRule): WrittenRule[] {
  const ends: (Fields | undefined)[] = peers === null ? [undefined] : entitiesOf(peers);
  const transports = ports === null ? [[undefined, []] as const] : portsByProtocol(ports);
  return transports.flatMap(([protocol, numbers]) =>
    ends.map((end): WrittenRule => {
      const own = numbers.length === 0 ? undefined : { ports: numbers };
      const sides =
        direction === 'ingress'
          ? { source: end, destination: own }
          : { destination: end === undefined && own === undefined ? undefined : { ...end, ...own } };
      return { index, fields: present({ action: 'Allow', protocol, ...sides }) };
    }),
  );
}

function selectorLosses(direction: Direction, rules: readonly PlainRule[]): DialectLoss[] {
  return rules.flatMap(({ peers }, index) =>
    (peers ?? []).flatMap(({ podSelector = {}, namespaceSelector = {} }) =>
      [podSelector, namespaceSelector]
        .filter((each) => expression(each).length > maxSelector)
        .map(() => ({
          direction,
          index,
          reason: `a selector has more than ${maxSelector} characters: Calico refuses it`,
        })),
    ),
  );
}

function dialect(kind: 'NetworkPolicy' | 'StagedNetworkPolicy'): Dialect {
  return (policy) => {
    const { metadata, spec } = policy;
    const losses: DialectLoss[] = [];
    const rules: Partial<Record<Direction, WrittenRule[]>> = {};
    const types: string[] = [];
    for (const direction of ['ingress', 'egress'] as const) {
      const plain = rulesOf(policy, direction);
      if (plain === null) continue;
      types.push(direction === 'ingress' ? 'Ingress' : 'Egress');
      losses.push(...selectorLosses(direction, plain));
      const written = plain.flatMap((rule, index) => rulesFor(direction, index, rule));
      if (written.length > 0) rules[direction] = written;
    }
    const head = {
      apiVersion: 'projectcalico.org/v3',
      kind,
      metadata: writtenMetadata(policy, metadata.name, metadata.namespace),
      spec: present({
        stagedAction: kind === 'StagedNetworkPolicy' ? 'Set' : undefined,
        selector: expression(spec.podSelector),
        types,
      }),
    };
    return { objects: [{ head, rules }], losses };
  };
}

/** projectcalico.org/v3 NetworkPolicy. */
export const calico = dialect('NetworkPolicy');

/** projectcalico.org/v3 StagedNetworkPolicy: Calico logs what it would deny and denies nothing. */
export const calicoStaged = dialect('StagedNetworkPolicy');
