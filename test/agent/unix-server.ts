import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';

/** A folder until the test ends whose path leaves room for a socket's name: 107 bytes are all there is. */
export function socketFolder(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'weir-test-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Serves HTTP on a unix socket until the test ends. */
export async function serveUnix(t: Test, path: string, listener: RequestListener): Promise<void> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(path, resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
}
