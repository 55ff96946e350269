import { WeirError } from '../../core/errors.ts';
import { parseDuration } from '../../core/time.ts';
import type { Connection } from '../../proto/services.ts';
import type * as wire from '../../proto/wire.ts';
import { deadline } from '../aggregator.ts';
import { renderTable } from '../table.ts';
import { printData, type Terminal } from '../terminal.ts';
import { printable } from '../text.ts';

export interface AliasOptions {
  readonly cluster: string;
}

export interface SetAliasOptions extends AliasOptions {
  readonly allowed: boolean;
  readonly expires?: string;
  readonly comment: string;
}

/** The moment that is meant by `7d` from now, or by an ISO date and time. @throws WeirError USAGE */
function readExpiry(text: string | undefined, now: number): number {
  if (text === undefined) return 0;
  const ms = parseDuration(text);
  if (ms !== null) return now + ms;
  // Without a zone it would mean another moment on every machine.
  const isWhole = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/.test(text);
  const moment = isWhole ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(moment) || moment <= 0) {
    throw new WeirError(
      'USAGE',
      `--expires ${text}: give a time from now such as 7d, or a moment as 2030-01-31T12:00Z`,
    );
  }
  return moment;
}

function row({ name, cidr, allowed, expiresUnixMs, expired, comment }: wire.Alias): string[] {
  const end = expiresUnixMs === 0 ? 'never' : new Date(expiresUnixMs).toISOString();
  return [name, cidr, allowed ? 'yes' : 'no', expired ? `expired ${end}` : end, comment];
}

export async function listAliases(
  connection: Connection,
  terminal: Terminal,
  { cluster, output }: AliasOptions & { readonly output: string },
): Promise<void> {
  const { aliases } = await connection.alias.listAliases({ cluster }, deadline());
  if (printData(terminal, output, aliases)) return;
  if (aliases.length === 0) terminal.remark('there are no aliases');
  terminal.print(renderTable(['NAME', 'BLOCK', 'ALLOWED', 'EXPIRES', 'COMMENT'], aliases.map(row)));
}

export async function setAlias(
  connection: Connection,
  terminal: Terminal,
  [name, cidr]: readonly [name: string, cidr: string],
  { cluster, allowed, expires, comment }: SetAliasOptions,
): Promise<void> {
  const given = { name, cidr, allowed, expiresUnixMs: readExpiry(expires, Date.now()), comment, expired: false };
  const { alias } = await connection.alias.setAlias({ cluster, alias: given }, deadline());
  terminal.remark(printable(`${alias?.name} names ${alias?.cidr}`));
}

export async function removeAlias(
  connection: Connection,
  terminal: Terminal,
  name: string,
  { cluster }: AliasOptions,
): Promise<void> {
  await connection.alias.removeAlias({ cluster, name }, deadline());
  terminal.remark(printable(`${name} names nothing any more`));
}
