import type { UnixMs } from '../../core/time.ts';
import type { Connection } from '../../proto/services.ts';
import type * as wire from '../../proto/wire.ts';
import { deadline } from '../aggregator.ts';
import { certificateText } from '../status/certificate.ts';
import { clusterText } from '../status/cluster-text.ts';
import { findingText } from '../status/finding.ts';
import { type Health, healthOf, momentOf } from '../status/health.ts';
import { renderTable } from '../table.ts';
import { printData, type Terminal } from '../terminal.ts';
import { ageText, bytesText, plural, printable } from '../text.ts';

/** Somebody has to act. It is told from an aggregator that cannot be asked, and from flags that are wrong. */
const unhealthyStatus = 3;

function healthText(terminal: Terminal, version: string, { healthy, findings }: Health): string {
  const { colors } = terminal;
  const count = (wanted: string) => findings.filter(({ severity }) => severity === wanted).length;
  const verdict = healthy ? colors.green('healthy') : colors.red(`not healthy: ${plural(count('fault'), 'fault')}`);
  const notes = count('note') === 0 ? '' : `, ${plural(count('note'), 'note')}`;
  const lines = findings.map((finding) => {
    const label = finding.severity === 'fault' ? colors.red('fault') : colors.yellow('note ');
    return terminal.wrap(`${label}  ${printable(findingText(finding))}`, 7);
  });
  const title = `${colors.bold(`Weir ${printable(version)}`)} is ${verdict}${notes}`;
  return [title, ...(lines.length > 0 ? ['', ...lines] : [])].join('\n');
}

function aggregatorText(terminal: Terminal, { replicas, store }: wire.GetStatusResponse, now: UnixMs): string {
  const table = renderTable(
    ['AGGREGATOR', 'VERSION', 'UP', 'SEEN', 'AGENTS', 'CERTIFICATE'],
    replicas.map(({ name, version, startedUnixMs, seenUnixMs, agentsConnected, certificate }) => [
      name,
      version,
      ageText(startedUnixMs, now),
      ageText(seenUnixMs, now),
      String(agentsConnected),
      certificateText(certificate, now),
    ]),
  );
  if (store === null) return table.trimEnd();
  const { kind, place, schemaVersion, bytes } = store;
  const facts = [...(schemaVersion > 0 ? [`schema ${schemaVersion}`] : []), ...(bytes > 0 ? [bytesText(bytes)] : [])];
  const line = `store: ${[kind === 'sqlite' ? `SQLite ${place}` : place, ...facts].join(', ')}`;
  return `${table}${terminal.wrap(printable(line), 2)}`;
}

export interface StatusOptions {
  /** Empty for all. */
  readonly namespace: string;
  /** `wide` for all agents and all of each. */
  readonly output: string;
}

/**
 * Whether the installation is healthy, or what concerns a namespace, and what there is of it.
 * @returns the exit status: 0, or 3 when it is not healthy
 */
export async function showStatus(
  connection: Connection,
  terminal: Terminal,
  { namespace, output }: StatusOptions,
): Promise<number> {
  const answer = await connection.query.getStatus({ namespace }, deadline());
  const health = healthOf(answer);
  if (!printData(terminal, output, { health, ...answer })) {
    const now = momentOf(answer);
    const parts = [
      healthText(terminal, answer.version, health),
      aggregatorText(terminal, answer, now),
      ...answer.clusters.map((cluster) => clusterText(terminal, cluster, now, output === 'wide')),
    ];
    terminal.print(`${parts.filter((part) => part !== '').join('\n\n')}\n`);
  }
  return health.healthy ? 0 : unhealthyStatus;
}
