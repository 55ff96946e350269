import type { ReachChange, ReachSpan } from '../../../proto/wire.ts';
import { protocolName } from '../api/entity.ts';
import { endsText, portsText } from './span-text.ts';

/** One line of what changes: ports of several protocols that change alike are one. */
export interface ChangeLine {
  readonly ends: string;
  readonly ports: string;
  readonly before: string;
  readonly after: string;
}

function keyOf({ client, server, firstPort, lastPort }: ReachSpan, { before, after }: ReachChange): string {
  return JSON.stringify([client, server, firstPort, lastPort, before, after]);
}

/** In the order in which they came. */
export function mergeChanges(changes: readonly ReachChange[]): ChangeLine[] {
  const lines = new Map<string, ChangeLine & { readonly protocols: readonly string[] }>();
  for (const change of changes) {
    const { span, before, after } = change;
    if (span === null) continue;
    const key = keyOf(span, change);
    const protocols = [...(lines.get(key)?.protocols ?? []), protocolName(span.protocol)];
    const ports = `${protocols.join(', ')} ${portsText(span)}`;
    lines.set(key, { ends: endsText(span), ports, before, after, protocols });
  }
  return [...lines.values()].map(({ ends, ports, before, after }) => ({ ends, ports, before, after }));
}
