import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import type { Readable } from 'node:stream';
import type { WebSocket } from 'ws';
import { messageOf } from '../../../core/errors.ts';
import { failure } from '../status.ts';

/** As kubectl asks for it: the first byte of a message says of which channel it is. */
export const execProtocol = 'v5.channel.k8s.io';

const channels = { stdin: 0, stdout: 1, stderr: 2, status: 3, close: 255 } as const;

/** How a command ended, as a Status. */
function statusOf(code: number | null, signal: NodeJS.Signals | null): object {
  const status = code ?? 128 + constants.signals[signal ?? 'SIGKILL'];
  if (status === 0) return { metadata: {}, status: 'Success' };
  return {
    metadata: {},
    status: 'Failure',
    message: `command terminated with non-zero exit code: exit status ${status}`,
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: String(status) }] },
  };
}

/** Hands on what comes for the standard input of a command, as fast as it reads. */
function feed(socket: WebSocket, { stdin }: ChildProcessWithoutNullStreams): void {
  const goOn = () => socket.resume();
  // Who has ended reads no more; what still comes is for nobody.
  stdin.on('error', goOn).on('drain', goOn).on('close', goOn);
  socket.on('message', (message: Buffer) => {
    const channel = message[0];
    if (channel === channels.close && message[1] === channels.stdin) stdin.end();
    else if (channel === channels.stdin && stdin.writable && !stdin.write(message.subarray(1))) socket.pause();
  });
}

/**
 * Connects a command with a client until it has ended, and says how it did. A client that goes away ends it.
 * @param query which command, and which of its streams are wanted
 */
export async function serveExec(
  socket: WebSocket,
  start: (command: readonly string[]) => Promise<ChildProcessWithoutNullStreams>,
  query: URLSearchParams,
): Promise<void> {
  const send = (channel: number, data: Buffer) =>
    new Promise<void>((resolve) => socket.send(Buffer.concat([Buffer.of(channel), data]), () => resolve()));
  const wants = (stream: string) => query.get(stream) === 'true';
  const show = async (output: Readable, channel: number, isWanted: boolean) => {
    for await (const piece of output) if (isWanted) await send(channel, piece as Buffer);
  };
  const run = async () => {
    const command = await start(query.getAll('command'));
    socket.once('close', () => command.kill('SIGKILL'));
    if (wants('stdin')) feed(socket, command);
    else command.stdin.end();
    socket.resume();
    const [[code, signal]] = await Promise.all([
      once(command, 'close') as Promise<[number | null, NodeJS.Signals | null]>,
      show(command.stdout, channels.stdout, wants('stdout')),
      show(command.stderr, channels.stderr, wants('stderr')),
    ]);
    return statusOf(code, signal);
  };
  // What comes waits until there is somebody to read it.
  socket.pause();
  const status = wants('tty')
    ? failure(400, 'there are no terminals here')
    : await run().catch((error: unknown) => failure(500, messageOf(error)));
  socket.resume();
  await send(channels.status, Buffer.from(JSON.stringify(status)));
  socket.close(1000);
}
