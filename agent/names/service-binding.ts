import { type Address, addressFromBytes } from '../../core/address.ts';

/** Parameters that hold addresses, by their key (RFC 9460, 14.3.2), with how many bytes each address has. */
const hints: Readonly<Record<number, 4 | 16>> = { 4: 4, 6: 16 };

const prioritySize = 2;
const parameterHeader = 4;

/** Where the parameters begin: behind the priority and the target's name, which is never compressed (RFC 9460, 2.2). */
function parametersAt(data: Buffer): number {
  let at = prioritySize;
  for (let length = data[at]; length !== undefined && length !== 0; length = data[at]) at += 1 + length;
  return at + 1;
}

/**
 * The addresses that a service binding hints at: the data of an HTTPS or SVCB record (RFC 9460). Clients use them
 * without asking for A or AAAA. None when the data is not well formed.
 */
export function hintedAddresses(data: Buffer): Address[] {
  const found: Address[] = [];
  let at = parametersAt(data);
  while (at + parameterHeader <= data.length) {
    const size = hints[data.readUInt16BE(at)];
    const start = at + parameterHeader;
    const end = start + data.readUInt16BE(at + 2);
    if (end > data.length) return [];
    if (size !== undefined) {
      if ((end - start) % size !== 0) return [];
      for (let i = start; i < end; i += size) found.push(addressFromBytes(data.subarray(i, i + size)));
    }
    at = end;
  }
  return at === data.length ? found : [];
}
