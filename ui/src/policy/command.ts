import { dialects, generalRules, nameOf, type PolicyChoices } from './choices.ts';
import { type PolicyScope, shellWord } from './request.ts';

/** A line for a shell; what the command line has no word for is said beside it. */
export interface CommandLine {
  readonly text: string;
  readonly leavesOut: readonly string[];
}

/** The same policy made by the command line. */
export function generateCommand(
  { cluster, namespace, entity, range }: PolicyScope,
  choices: PolicyChoices,
): CommandLine {
  const words = ['weir', 'policy', 'generate'];
  const flag = (name: string, value: string) => value !== '' && words.push(`--${name}`, shellWord(value));
  if (entity !== null) words.push(shellWord(`${entity.kind.toLowerCase()}/${entity.name}`));
  flag('namespace', namespace);
  flag('cluster', cluster);
  if (range.startUnixMs > 0) flag('since', new Date(range.startUnixMs).toISOString());
  if (range.endUnixMs > 0) flag('until', new Date(range.endUnixMs).toISOString());
  if (choices.directions !== 'both') words.push(`--${choices.directions}`);
  const dialect = nameOf(dialects, choices.dialect);
  if (dialect !== 'kubernetes') flag('dialect', dialect);
  const leavesOut = [
    choices.rows.size > 0 && 'decisions about rows',
    nameOf(generalRules, choices.ingressRule) !== 'observed' && 'the general rule for ingress',
    nameOf(generalRules, choices.egressRule) !== 'observed' && 'the general rule for egress',
    choices.manual.length > 0 && 'added rules',
  ];
  return { text: words.join(' '), leavesOut: leavesOut.filter((each) => each !== false) };
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
