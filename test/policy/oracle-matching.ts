import type { LabelSelector, Labels } from '../../core/kubernetes.ts';
import type { Query } from '../../policy/evaluate/query.ts';

export type Side = 'egress' | 'ingress';

function has(labels: Labels, key: string): boolean {
  return Object.keys(labels).includes(key);
}

export function selects(selector: LabelSelector, labels: Labels): boolean {
  const byLabels = Object.keys(selector.matchLabels ?? {}).map(
    (key) => has(labels, key) && labels[key] === selector.matchLabels?.[key],
  );
  const byExpressions = (selector.matchExpressions ?? []).map(({ key, operator, values }) => {
    const listed = has(labels, key) && (values ?? []).some((value) => value === labels[key]);
    if (operator === 'In') return listed;
    if (operator === 'NotIn') return !listed;
    return operator === 'Exists' ? has(labels, key) : !has(labels, key);
  });
  return ![...byLabels, ...byExpressions].includes(false);
}

/** All bits of an address in full, as 0 and 1: no masks to get wrong. */
function bitsOf(address: string): string {
  if (!address.includes(':')) {
    return address
      .split('.')
      .map((byte) => Number(byte).toString(2).padStart(8, '0'))
      .join('');
  }
  const [head = '', tail = ''] = address.split('::');
  const words = (text: string) => text.split(':').filter((word) => word !== '');
  const filled = address.includes('::') ? Array<string>(8 - words(head).length - words(tail).length).fill('0') : [];
  return [...words(head), ...filled, ...words(tail)]
    .map((word) => Number.parseInt(word, 16).toString(2).padStart(16, '0'))
    .join('');
}

export function inCidr(cidr: string, address: string): boolean {
  const [base = '', length] = cidr.split('/');
  if (base.includes(':') !== address.includes(':')) return false;
  return bitsOf(base).slice(0, Number(length)) === bitsOf(address).slice(0, Number(length));
}

/** Whether the server declares a port of this name, and it is the one that is asked for. */
export function isNamed(name: string, { server, protocol, port }: Query): boolean {
  if (server.type !== 'pod') return false;
  const declared = server.ports.filter((each) => each.name === name);
  return declared.some((each) => (each.protocol ?? 'TCP') === protocol && each.containerPort === port);
}
