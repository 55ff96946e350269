import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../../lab/demo/main.js', import.meta.url));

export type DemoProcess = ChildProcessByStdio<null, Readable, Readable>;

/**
 * A port of the loopback interface that nobody listens on. It is none of those that the kernel gives to whoever asks for
 * any, as other tests do before it is taken.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(10_000, 32_000);
    const server = createServer().listen(port, '127.0.0.1');
    try {
      await once(server, 'listening');
    } catch {
      continue; // somebody has it
    }
    server.close();
    await once(server, 'close');
    return port;
  }
}

/** Starts a demo in a process of its own. @param lab name of its lab */
export async function startDemo(lab: string, ...flags: readonly string[]): Promise<DemoProcess> {
  const listen = [];
  for (const flag of ['--listen', '--metrics-listen', '--http-listen']) {
    listen.push(flag, `127.0.0.1:${await freePort()}`);
  }
  return spawn(process.execPath, [main, '--name', lab, ...listen, ...flags], { stdio: ['ignore', 'pipe', 'pipe'] });
}

/** All that comes out of a stream. */
export async function textOf(stream: Readable): Promise<string> {
  return Buffer.concat(await stream.toArray()).toString();
}
