import { endName, protocolName } from '../api/entity.ts';
import { type Span, spanText } from '../app/span.ts';
import type { Row } from '../tables/rows.ts';
import { dialects, generalRules, type Manual, nameOf, type PolicyChoices } from './choices.ts';
import { type PolicyScope, shellWord } from './request.ts';

/** A line for a shell; what the command line has no word for is said beside it. */
export interface CommandLine {
  readonly text: string;
  readonly leavesOut: readonly string[];
}

/** General rules by what the command line calls them. */
const ruleNames: Readonly<Record<keyof typeof generalRules, string>> = {
  observed: 'observed',
  block: 'block-all',
  namespace: 'inside-namespace',
  all: 'allow-all',
};

function ruleName(rule: PolicyChoices['ingressRule']): string {
  return ruleNames[nameOf(generalRules, rule) as keyof typeof generalRules];
}

/** `egress shop/deployment/cart -> 203.0.113.7 443/TCP as 203.0.113.0/24` */
function rowText({ direction, edge }: Row, cidr: string): string {
  const ends = `${endName(edge.client)} -> ${endName(edge.server)}`;
  return `${direction} ${ends} ${edge.port}/${protocolName(edge.protocol)}${cidr === '' ? '' : ` as ${cidr}`}`;
}

/** `egress 203.0.113.0/24 443/TCP,8000-8999/UDP` */
function manualText({ direction, peer, value, ports }: Manual): string {
  const ranges = ports.map(
    ({ protocol, port, endPort }) => `${port}${endPort > port ? `-${endPort}` : ''}/${protocolName(protocol)}`,
  );
  const end = peer === 'namespace' ? `namespace/${value}` : value;
  return [direction, end, ranges.join(',')].filter(Boolean).join(' ');
}

const switches = [
  ['includeDenied', '--include-denied'],
  ['portRanges', '--port-ranges'],
  ['namedPorts', '--named-ports'],
  ['comments', '--comments'],
] as const;

/** The same policy made by the command line. @param rows of both directions, to name those that were decided */
export function generateCommand(
  { cluster, namespace, entity }: Omit<PolicyScope, 'range'>,
  span: Span,
  choices: PolicyChoices,
  rows: readonly Row[],
): CommandLine {
  const words = ['weir', 'policy', 'generate'];
  const flag = (name: string, value: string) => value !== '' && words.push(name, shellWord(value));
  if (entity?.kind === 'Service') flag('--service', entity.name);
  else if (entity !== null) words.push(shellWord(`${entity.kind.toLowerCase()}/${entity.name}`));
  flag('--namespace', namespace);
  flag('--cluster', cluster);
  if (span.type === 'last' && span.ms > 0) flag('--since', spanText(span));
  if (choices.directions !== 'both') words.push(`--${choices.directions}`);
  for (const direction of ['ingress', 'egress'] as const) {
    const rule = ruleName(direction === 'ingress' ? choices.ingressRule : choices.egressRule);
    if (rule !== 'observed') flag('--rule', `${direction}=${rule}`);
  }
  for (const row of rows) {
    const decision = choices.rows.get(row.key);
    if (decision !== undefined) flag(decision.include ? '--include' : '--exclude', rowText(row, decision.cidr));
  }
  for (const manual of choices.manual) flag('--manual', manualText(manual));
  if (choices.byNamespace) flag('--peers', 'namespace');
  words.push(...switches.filter(([name]) => choices[name]).map(([, word]) => word));
  const dialect = nameOf(dialects, choices.dialect);
  if (dialect !== 'kubernetes') flag('--dialect', dialect);
  return { text: words.join(' '), leavesOut: span.type === 'between' ? ['the exact time that is looked at'] : [] };
}

/** Applies a file that was downloaded. */
export function applyCommand(file: string, dialect: PolicyChoices['dialect']): string {
  const word = shellWord(file);
  return dialect === 'DIALECT_CALICO' || dialect === 'DIALECT_CALICO_STAGED'
    ? `calicoctl apply -f ${word}`
    : `kubectl apply -f ${word}`;
}

/** The name of the downloaded file: safe in every file system. */
export function fileName({ namespace, entity }: Pick<PolicyScope, 'namespace' | 'entity'>): string {
  const parts = ['weir', namespace || 'all', ...(entity === null ? [] : [entity.name])];
  return `${parts.join('-').replaceAll(/[^\w.-]+/g, '-')}.yaml`;
}
