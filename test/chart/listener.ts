import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Server } from 'node:net';

/** A socket that listens inside a network namespace, for a server outside of it. */
export async function listenerIn(netns: string, host: string): Promise<Server> {
  const script = `const server = require('node:net').createServer();
    server.listen(0, ${JSON.stringify(host)}, () => process.send('socket', server, () => process.exit()));`;
  const command = [`--net=/run/netns/${netns}`, process.execPath, '--eval', script];
  const child = spawn('nsenter', command, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const [, server] = (await once(child, 'message')) as [string, Server];
  return server;
}
