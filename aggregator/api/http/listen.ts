import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { messageOf, WeirError } from '../../../core/errors.ts';

/**
 * Listens on `host:port` or `[v6 address]:port`.
 * @param flag by which another address can be chosen
 * @returns the address with the port that was chosen for port 0. @throws WeirError LISTEN
 */
export function listenOn(server: Server, address: string, flag: string): Promise<string> {
  const colon = address.lastIndexOf(':');
  const host = address.slice(0, colon).replace(/^\[(.*)\]$/, '$1');
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      const what = `${address}: ${messageOf(error)}; choose another with ${flag}`;
      reject(new WeirError('LISTEN', what, { cause: error }));
    });
    server.listen(Number(address.slice(colon + 1)), host, () => {
      resolve(`${address.slice(0, colon)}:${(server.address() as AddressInfo).port}`);
    });
  });
}
