import type { Connection } from '../../proto/services.ts';
import type * as wire from '../../proto/wire.ts';
import { deadline } from '../aggregator.ts';
import { rangeOf, type ScopeOptions, scopeOf } from '../question.ts';
import { renderTable } from '../table.ts';
import { printData, type Terminal } from '../terminal.ts';
import { ageText, plural, printable, workloadText } from '../text.ts';

export interface BaselineOptions {
  readonly cluster: string;
}

function scopeText(scope: wire.Scope | null): string {
  if (scope === null || (scope.namespace === '' && scope.workload === null)) return 'everything';
  return scope.workload === null ? scope.namespace : workloadText(scope.workload);
}

export async function listBaselines(
  connection: Connection,
  terminal: Terminal,
  { cluster, output }: BaselineOptions & { readonly output: string },
): Promise<void> {
  const { baselines } = await connection.policy.listBaselines({ cluster }, deadline());
  if (printData(terminal, output, baselines)) return;
  if (baselines.length === 0) terminal.remark('there are no baselines');
  const now = Date.now();
  const rows = baselines.map(({ name, scope, takenUnixMs, edges, comment }) => {
    return [name, scopeText(scope), ageText(takenUnixMs, now), String(edges), comment];
  });
  terminal.print(renderTable(['NAME', 'SCOPE', 'AGE', 'EDGES', 'COMMENT'], rows));
}

export async function setBaseline(
  connection: Connection,
  terminal: Terminal,
  name: string,
  options: ScopeOptions & { readonly comment: string },
): Promise<void> {
  const { cluster, comment } = options;
  const asked = { cluster, name, scope: scopeOf(options), range: rangeOf(options, Date.now()), comment };
  const { baseline } = await connection.policy.setBaseline(asked, deadline());
  terminal.remark(
    printable(`${name} holds ${plural(baseline?.edges ?? 0, 'edge')} of ${scopeText(baseline?.scope ?? null)}`),
  );
}

export async function removeBaseline(
  connection: Connection,
  terminal: Terminal,
  name: string,
  { cluster }: BaselineOptions,
): Promise<void> {
  await connection.policy.removeBaseline({ cluster, name }, deadline());
  terminal.remark(printable(`${name} is no baseline any more`));
}
