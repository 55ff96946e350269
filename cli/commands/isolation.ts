import type { Connection } from '../../proto/services.ts';
import type * as wire from '../../proto/wire.ts';
import { deadline } from '../aggregator.ts';
import { type ScopeOptions, scopeOf } from '../question.ts';
import { type Cell, renderTable } from '../table.ts';
import { printData, type Terminal } from '../terminal.ts';
import { workloadText } from '../text.ts';

export interface IsolationOptions extends Omit<ScopeOptions, 'since'> {
  readonly output: string;
}

function workloadRow({ colors }: Terminal, each: wire.WorkloadIsolation): Cell[] {
  const { workload, ingress, egress, exempt, policies } = each;
  const mark = (isolated: boolean): Cell => {
    if (exempt !== '') return '-';
    return { styled: isolated ? colors.green('isolated') : colors.red('open') };
  };
  return [workloadText(workload), mark(ingress), mark(egress), String(policies), exempt];
}

/** Shows how far namespaces, and the workloads of one, are isolated by what is applied. */
export async function showIsolation(
  connection: Connection,
  terminal: Terminal,
  options: IsolationOptions,
): Promise<void> {
  const { cluster, namespace, output } = options;
  const answer = await connection.policy.getIsolation({ cluster, scope: scopeOf(options) }, deadline());
  if (printData(terminal, output, answer, answer.workloads)) return;
  const namespaces = answer.namespaces.map(({ name, isolated, partial, open, exempt }) => {
    return [name, ...[isolated, partial, open, exempt].map(String)];
  });
  terminal.print(renderTable(['NAMESPACE', 'ISOLATED', 'PARTIAL', 'OPEN', 'EXEMPT'], namespaces));
  if (namespace === undefined) return;
  const rows = answer.workloads.map((each) => workloadRow(terminal, each));
  terminal.print(`\n${renderTable(['WORKLOAD', 'INGRESS', 'EGRESS', 'POLICIES', 'EXEMPT'], rows)}`);
}
