import { entityLabel } from '../../core/identity.ts';
import { decodeEntity } from '../../proto/convert-edge.ts';
import { coreProtocol } from '../../proto/names.ts';
import type { Connection } from '../../proto/services.ts';
import type * as wire from '../../proto/wire.ts';
import { deadline } from '../aggregator.ts';
import { renderTable } from '../table.ts';
import { printData, type Terminal } from '../terminal.ts';

export interface ServicesOptions {
  readonly cluster: string;
  readonly namespace?: string;
  readonly output: string;
}

function behindText(behind: readonly wire.ServiceEnd[]): string {
  const ends = behind.map(({ entity, port }) => `${entityLabel(decodeEntity(entity))}:${port}`);
  return ends.length === 0 ? 'nothing' : ends.join(', ');
}

/** One row a port; the Service and its addresses are named once. */
function rows({ service, addresses, ports }: wire.ServiceSummary): string[][] {
  const name = `${service?.namespace}/${service?.name}`;
  const lines = ports.map(({ protocol, port, behind }) => [
    `${port}/${coreProtocol[protocol] ?? protocol}`,
    behindText(behind),
  ]);
  const [first = ['', 'nothing'], ...others] = lines;
  return [[name, addresses.join(', '), ...first], ...others.map((line) => ['', '', ...line])];
}

/** The Services of the cluster, and the workloads that are behind their ports. */
export async function showServices(
  connection: Connection,
  terminal: Terminal,
  { cluster, namespace, output }: ServicesOptions,
): Promise<void> {
  const asked = { cluster, namespace: namespace ?? '' };
  const { services } = await connection.query.listServices(asked, deadline());
  if (printData(terminal, output, services)) return;
  if (services.length === 0) terminal.remark('there are no Services');
  terminal.print(renderTable(['SERVICE', 'ADDRESSES', 'PORT', 'BEHIND IT'], services.flatMap(rows)));
}
