import { type Address, addressToBytes } from '../../../core/address.ts';
import { mustRun } from '../../command.ts';

/** What is written into a BPF map, as bytes in the layout of the programs beside this file. */
export interface MapEntry {
  readonly map: string;
  readonly key: Buffer;
  readonly value: Buffer;
}

const protocols = { TCP: 6, UDP: 17, SCTP: 132 } as const;
export type Transport = keyof typeof protocols;

/** A number of so many bytes as the machine itself keeps it. */
export function number(value: number, bytes: 1 | 2 | 4): Buffer {
  const buffer = Buffer.alloc(bytes);
  buffer.writeUIntLE(value, 0, bytes);
  return buffer;
}

/** Address and port in network order, and two bytes behind them: a protocol's number, or zeros. */
export function addressPort(address: string, port: number, protocol: Transport | null): Buffer {
  const networkPort = Buffer.alloc(2);
  networkPort.writeUInt16BE(port);
  return Buffer.concat([addressToBytes(address as Address), networkPort, protocolNumber(protocol), Buffer.alloc(1)]);
}

/** One byte; zero stands for every protocol. */
export function protocolNumber(protocol: Transport | null): Buffer {
  return number(protocol === null ? 0 : protocols[protocol], 1);
}

export function mac(text: string): Buffer {
  return Buffer.from(text.replaceAll(':', ''), 'hex');
}

const hex = (bytes: Buffer) => ['hex', ...[...bytes].map((byte) => byte.toString(16).padStart(2, '0'))].join(' ');

/** Writes entries into the maps that are pinned in a folder, in this order. */
export async function updateMaps(folder: string, entries: readonly MapEntry[]): Promise<void> {
  const lines = entries.map(
    ({ map, key, value }) => `map update pinned ${folder}/${map} key ${hex(key)} value ${hex(value)}\n`,
  );
  await mustRun(['bpftool', 'batch', 'file', '-'], { input: lines.join('') });
}
