import { parseAddress } from '../core/address.ts';
import { WeirError } from '../core/errors.ts';
import type * as wire from '../proto/wire.ts';
import { parseWorkload } from './question.ts';

/**
 * Reads one end of a communication: `namespace/kind/name`, `kind/name` or a Deployment's bare name with --namespace,
 * `node/name`, or an IP address. @throws WeirError USAGE
 */
export function parseEnd(text: string, namespace: string | undefined): wire.Entity {
  const address = parseAddress(text);
  if (address !== null) return { entity: 'external', external: address, alias: null };
  const parts = text.split('/');
  const [first = '', ...rest] = parts;
  if (parts.length === 2 && first === 'node') return { entity: 'node', node: rest[0] ?? '' };
  const workload = parts.length === 3 ? parseWorkload(rest.join('/'), first) : parseWorkload(text, namespace);
  return { entity: 'workload', workload };
}

/** Reads `8080`, which is TCP, or `53/udp`. @throws WeirError USAGE */
export function parsePort(text: string): { readonly protocol: wire.Protocol; readonly port: number } {
  const [number = '', protocol = 'tcp', ...more] = text.toLowerCase().split('/');
  const protocols = { tcp: 'PROTOCOL_TCP', udp: 'PROTOCOL_UDP', sctp: 'PROTOCOL_SCTP' } as const;
  const port = Number(number);
  if (more.length > 0 || !Object.hasOwn(protocols, protocol) || !/^\d{1,5}$/.test(number) || port < 1 || port > 65535) {
    throw new WeirError('USAGE', `${text} is no port; give a number from 1 to 65535, such as 8080 or 53/udp`);
  }
  return { protocol: protocols[protocol as keyof typeof protocols], port };
}
