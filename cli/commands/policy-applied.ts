import { WeirError } from '../../core/errors.ts';
import type { Connection } from '../../proto/services.ts';
import type * as wire from '../../proto/wire.ts';
import { deadline } from '../aggregator.ts';
import { parseEnd } from '../end.ts';
import { type ScopeOptions, scopeOf } from '../question.ts';
import { renderTable } from '../table.ts';
import { printData, type Terminal } from '../terminal.ts';
import { plural, workloadText } from '../text.ts';

export interface AppliedOptions extends ScopeOptions {
  readonly from?: string;
  readonly to?: string;
  readonly output: string;
}

/** So many of the workloads that a policy selects are named. */
const maxNamed = 3;

function row({
  kind,
  namespace,
  name,
  tier,
  priority,
  ingress,
  egress,
  selects,
  selected,
  bearsOn,
}: wire.AppliedPolicy): string[] {
  const directions = [...(ingress ? ['ingress'] : []), ...(egress ? ['egress'] : [])].join(', ');
  const named = selects.slice(0, maxNamed).map(workloadText).join(', ');
  const more = selected > maxNamed ? ` and ${selected - maxNamed} more` : '';
  const standing = tier === '' ? 'not evaluated' : tier === 'networkpolicy' ? tier : `${tier} ${priority}`;
  return [kind, namespace === '' ? name : `${namespace}/${name}`, standing, directions, `${named}${more}`, bearsOn];
}

/** Shows the policies that are applied to a namespace, a workload, or on the way from one end to another. */
export async function showApplied(connection: Connection, terminal: Terminal, options: AppliedOptions): Promise<void> {
  const { cluster, namespace, from, to, output } = options;
  if ((from === undefined) !== (to === undefined))
    throw new WeirError('USAGE', '--from and --to go together: give both');
  const end = (text: string | undefined) => (text === undefined ? null : parseEnd(text, namespace));
  const asked = { cluster, scope: scopeOf(options), client: end(from), server: end(to) };
  const { policies } = await connection.policy.listApplied(asked, deadline());
  // The YAML alone can be applied as it is.
  if (output === 'yaml') terminal.data(policies.map(({ yaml }) => yaml).join('---\n'));
  else if (!printData(terminal, output, policies)) {
    terminal.print(renderTable(['KIND', 'NAME', 'TIER', 'DIRECTIONS', 'SELECTS', 'BEARS ON'], policies.map(row)));
    terminal.remark(plural(policies.length, 'policy', 'policies'));
  }
}
