import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Server, Socket } from 'node:net';

/** What a script makes of sockets inside a network namespace, for this process outside of it; a text says why it failed. */
async function madeIn<Handle>(netns: string, script: string): Promise<Handle> {
  const command = [`--net=/run/netns/${netns}`, process.execPath, '--eval', script];
  const child = spawn('nsenter', command, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const [said, handle] = (await once(child, 'message')) as [string, Handle | undefined];
  if (handle === undefined) throw new Error(said);
  return handle;
}

/** A socket that listens inside a network namespace, for a server outside of it. */
export async function listenerIn(netns: string, host: string): Promise<Server> {
  return await madeIn(
    netns,
    `const server = require('node:net').createServer();
    server.listen(0, ${JSON.stringify(host)}, () => process.send('socket', server, () => process.exit()));`,
  );
}

/** A connection to the loopback address of a network namespace. @throws Error when nobody listens there */
export async function connectionIn(netns: string, port: number): Promise<Socket> {
  return await madeIn(
    netns,
    `const socket = require('node:net').connect(${port}, '127.0.0.1').pause();
    socket.once('connect', () => process.send('socket', socket, () => process.exit()));
    socket.once('error', ({ message }) => process.send(message, () => process.exit()));`,
  );
}
