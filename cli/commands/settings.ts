import { WeirError } from '../../core/errors.ts';
import type { Connection } from '../../proto/services.ts';
import type * as wire from '../../proto/wire.ts';
import { deadline } from '../aggregator.ts';
import { renderTable } from '../table.ts';
import { printData, type Terminal } from '../terminal.ts';
import { serviceRules } from '../service-rules.ts';
import { printable } from '../text.ts';

export interface SettingsOptions {
  readonly cluster: string;
}

/** What is to be changed: lists with commas, empty to clear; absent fields stay. */
export interface SetSettingsOptions extends SettingsOptions {
  readonly workloadLabels?: string;
  readonly notWorkloadLabels?: string;
  readonly namespaceLabels?: string;
  readonly notNamespaceLabels?: string;
  readonly podCidrs?: string;
  readonly serviceCidrs?: string;
  readonly serviceRules?: string;
}

function listOf(text: string | undefined, before: readonly string[]): readonly string[] {
  if (text === undefined) return before;
  return text
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '');
}

function rows(settings: wire.Settings): string[][] {
  const { workloadLabels, namespaceLabels, podCidrs, serviceCidrs, revision } = settings;
  const rules = Object.entries(serviceRules).find(([, name]) => name === settings.serviceRules)?.[0] ?? '';
  const list = (texts: readonly string[] | undefined) => texts?.join(', ') ?? '';
  return [
    ['workload labels', list(workloadLabels?.include)],
    ['never workload labels', list(workloadLabels?.exclude)],
    ['namespace labels', list(namespaceLabels?.include)],
    ['never namespace labels', list(namespaceLabels?.exclude)],
    ['pod addresses', list(podCidrs)],
    ['Service addresses', list(serviceCidrs)],
    ['rules for Services', rules],
    ['revision', String(revision)],
  ];
}

async function read(connection: Connection, cluster: string): Promise<wire.Settings> {
  const { settings } = await connection.settings.getSettings({ cluster }, deadline());
  if (settings === null) throw new WeirError('WIRE_INVALID', 'the answer has no settings; is the aggregator older?');
  return settings;
}

export async function showSettings(
  connection: Connection,
  terminal: Terminal,
  { cluster, output }: SettingsOptions & { readonly output: string },
): Promise<void> {
  const settings = await read(connection, cluster);
  if (!printData(terminal, output, settings)) terminal.print(renderTable(['SETTING', 'VALUE'], rows(settings)));
}

/** Changes what is given and keeps the rest; a change by somebody else in between is refused, not overwritten. */
export async function setSettings(
  connection: Connection,
  terminal: Terminal,
  options: SetSettingsOptions,
): Promise<void> {
  const { cluster, ...given } = options;
  if (given.serviceRules !== undefined && serviceRules[given.serviceRules] === undefined) {
    throw new WeirError('USAGE', `--service-rules ${given.serviceRules}: give ${Object.keys(serviceRules).join(', ')}`);
  }
  const before = await read(connection, cluster);
  const settings: wire.Settings = {
    workloadLabels: {
      include: listOf(given.workloadLabels, before.workloadLabels?.include ?? []),
      exclude: listOf(given.notWorkloadLabels, before.workloadLabels?.exclude ?? []),
    },
    namespaceLabels: {
      include: listOf(given.namespaceLabels, before.namespaceLabels?.include ?? []),
      exclude: listOf(given.notNamespaceLabels, before.namespaceLabels?.exclude ?? []),
    },
    podCidrs: listOf(given.podCidrs, before.podCidrs),
    serviceCidrs: listOf(given.serviceCidrs, before.serviceCidrs),
    serviceRules: serviceRules[given.serviceRules ?? ''] ?? before.serviceRules,
    revision: before.revision,
  };
  const { settings: kept } = await connection.settings.setSettings({ cluster, settings }, deadline());
  terminal.remark(printable(`the settings have revision ${kept?.revision} now`));
}
