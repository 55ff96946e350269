import type { Row } from './rows.ts';

/** A field as RFC 4180 has it. Spreadsheets take texts that begin so for formulas: an apostrophe keeps them texts. */
function field(value: string | number): string {
  if (typeof value === 'number') return String(value);
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function timeText(unixMs: number): string {
  return unixMs === 0 ? '' : new Date(unixMs).toISOString();
}

const fields: readonly (readonly [name: string, value: (row: Row) => string | number])[] = [
  ['direction', (row) => row.direction],
  ['namespace', (row) => row.ownNamespace],
  ['workload', (row) => row.own],
  ['peer_namespace', (row) => row.peerNamespace],
  ['peer_kind', (row) => row.peerKind],
  ['peer', (row) => row.peer],
  ['protocol', (row) => row.protocol],
  ['port', (row) => row.portNumber],
  ['services', (row) => row.services],
  ['first_seen', (row) => timeText(row.firstSeenUnixMs)],
  ['last_seen', (row) => timeText(row.lastSeenUnixMs)],
  ['connections', (row) => row.connections],
  ['bytes', (row) => row.bytes],
  ['verdict', (row) => row.verdict],
  ['reason', (row) => row.reason],
];

/** The rows with a line of names above them (RFC 4180). */
export function csvText(rows: readonly Row[]): string {
  const lines = rows.map((row) => fields.map(([, value]) => field(value(row))).join(','));
  return [fields.map(([name]) => name).join(','), ...lines, ''].join('\r\n');
}
