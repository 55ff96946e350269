import type { Connection } from '../../proto/services.ts';
import type * as wire from '../../proto/wire.ts';
import { deadline } from '../aggregator.ts';
import { renderTable } from '../table.ts';
import { printData, type Terminal } from '../terminal.ts';
import { workloadText } from '../text.ts';

export interface WorkloadsOptions {
  readonly cluster: string;
  readonly namespace?: string;
  readonly output: string;
}

function row({ workload, pods, ingressEdges, egressEdges }: wire.WorkloadSummary): string[] {
  const traffic = ingressEdges + egressEdges === 0 ? 'silent' : 'active';
  return [workloadText(workload), String(pods), String(ingressEdges), String(egressEdges), traffic];
}

/** Every workload of the cluster, with how many edges lead to and from it: none for those that are silent. */
export async function showWorkloads(
  connection: Connection,
  terminal: Terminal,
  { cluster, namespace, output }: WorkloadsOptions,
): Promise<void> {
  const { workloads } = await connection.query.listWorkloads({ cluster, namespace: namespace ?? '' }, deadline());
  if (printData(terminal, output, workloads)) return;
  if (workloads.length === 0) terminal.remark('there are no workloads');
  terminal.print(renderTable(['WORKLOAD', 'PODS', 'INGRESS', 'EGRESS', 'TRAFFIC'], workloads.map(row)));
}
