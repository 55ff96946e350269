import { directionEvidence, protocols } from '../../flow.ts';
import { namespaceOf } from '../../identity.ts';
import { verdicts } from '../../verdict.ts';
import { anyValue, type EdgeField, type EndField, type FilterField, namedWords, oneOf } from '../field.ts';
import { textTest } from '../text-test.ts';
import { cidrField } from './cidr.ts';
import { directionField } from './direction.ts';
import { labelField } from './label.ts';
import { portField } from './port.ts';
import { serviceField } from './service.ts';
import { workloadField } from './workload.ts';

const namespaceField: EndField = {
  of: 'end',
  name: 'namespace',
  detail: 'namespace of a workload or Service',
  words: null,
  check: anyValue,
  test: ({ comparison, values }) => {
    const isNamed = textTest(comparison, values);
    return (end) => isNamed(namespaceOf(end) ?? '');
  },
};

const nodeField: EndField = {
  of: 'end',
  name: 'node',
  detail: "name of a node, for its own traffic and that of pods on the node's network",
  words: null,
  check: anyValue,
  test: ({ comparison, values }) => {
    const isNamed = textTest(comparison, values);
    return (end) => end.type === 'node' && isNamed(end.name);
  },
};

const aliasField: EndField = {
  of: 'end',
  name: 'alias',
  detail: 'alias that names an outside address',
  words: null,
  check: anyValue,
  test: ({ comparison, values }) => {
    const isNamed = textTest(comparison, values);
    return (end) => end.type === 'external' && end.alias !== undefined && isNamed(end.alias.name);
  },
};

const types = ['workload', 'service', 'node', 'external', 'unresolved'];

const typeField: EndField = {
  of: 'end',
  name: 'type',
  detail: 'what an end is',
  words: types,
  check: oneOf(types),
  test: (term) => {
    const named = namedWords(term);
    return (end) => named.has(end.type);
  },
};

const nameField: EdgeField = {
  of: 'edge',
  name: 'name',
  detail: 'name by which the server was asked for in the DNS',
  words: null,
  check: anyValue,
  test: ({ comparison, values }) => {
    const isNamed = textTest(comparison, values);
    return ({ merged }) => merged.serverNames.some(isNamed);
  },
};

const protocolField: EdgeField = {
  of: 'edge',
  name: 'protocol',
  detail: 'transport protocol',
  words: protocols,
  check: oneOf(protocols),
  test: (term) => {
    const named = namedWords(term);
    return ({ protocol }) => named.has(protocol.toLowerCase());
  },
};

const verdictField: EdgeField = {
  of: 'edge',
  name: 'verdict',
  detail: 'what the network did with it',
  words: verdicts,
  check: oneOf(verdicts),
  test: (term) => {
    const named = namedWords(term);
    return ({ verdict }) => named.has(verdict);
  },
};

const reasonField: EdgeField = {
  of: 'edge',
  name: 'reason',
  detail: "the kernel's reason for dropped packets, such as NETFILTER_DROP",
  words: null,
  check: anyValue,
  test: ({ comparison, values }) => {
    const isNamed = textTest(
      comparison,
      values.map((value) => value.toUpperCase()),
    );
    return ({ merged }) => Object.keys(merged.drops).some((reason) => isNamed(reason.toUpperCase()));
  },
};

const evidenceField: EdgeField = {
  of: 'edge',
  name: 'evidence',
  detail: 'how it is known which end is the client',
  words: directionEvidence,
  check: oneOf(directionEvidence),
  test: (term) => {
    const named = namedWords(term);
    return ({ merged }) => named.has(merged.directionBy);
  },
};

/** In the order in which they are offered. */
export const filterFields: readonly FilterField[] = [
  namespaceField,
  workloadField,
  labelField,
  portField,
  protocolField,
  verdictField,
  reasonField,
  directionField,
  serviceField,
  nameField,
  typeField,
  cidrField,
  aliasField,
  nodeField,
  evidenceField,
];

const byName = new Map(filterFields.map((field) => [field.name, field]));

/** A field by its name; undefined when there is none. */
export function filterField(name: string): FilterField | undefined {
  return byName.get(name);
}
