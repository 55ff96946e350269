import { createHash } from 'node:crypto';
import { createServer } from 'node:net';
import { WeirError } from '../core/errors.ts';

/**
 * Makes sure that no other agent takes what this one counts. The claim is a socket in the abstract namespace of unix(7):
 * it belongs to the node's network namespace and goes with this process, however that ends.
 * @param pins the folder that both would keep their capture in @throws WeirError AGENT_RUNNING
 */
export async function claimNode(pins: string): Promise<void> {
  const server = createServer((connection) => connection.destroy());
  server.unref();
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const what = `it keeps its capture in ${pins}; stop it first, or name another folder with --pins`;
      reject(error.code === 'EADDRINUSE' ? new WeirError('AGENT_RUNNING', what, { cause: error }) : error);
    });
    // A name may have 107 bytes, a folder more.
    server.listen(`\0weir-agent-${createHash('sha256').update(pins).digest('hex')}`, () => resolve());
  });
}
