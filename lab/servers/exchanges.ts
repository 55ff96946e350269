import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import type { Milliseconds } from '../../core/time.ts';

/** Sends one datagram from a new socket and gives the answer. @throws when none comes in time */
export function requestUdp(host: string, port: number, message: Buffer, timeoutMs: Milliseconds): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = createSocket('udp4');
    const end = (error: Error | null, answer?: Buffer) => {
      clearTimeout(timer);
      socket.close();
      if (error === null) resolve(answer as Buffer);
      else reject(error);
    };
    const timer = setTimeout(() => end(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
    socket.on('message', (answer) => end(null, answer));
    socket.on('error', (error) => end(error));
    socket.send(message, port, host, (error) => {
      if (error !== null) end(error);
    });
  });
}

/** Asks the currency service for an exchange rate. @throws when no answer comes in time */
export async function requestQuote(host: string, port: number, timeoutMs: Milliseconds): Promise<void> {
  await requestUdp(host, port, Buffer.from('EUR/USD'), timeoutMs);
}

/** Counts one up at a statsd server; nothing comes back. */
export function sendStatsd(host: string, port: number, name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = createSocket('udp4');
    socket.send(`${name}:1|c`, port, host, (error) => {
      socket.close();
      if (error === null) resolve();
      else reject(error);
    });
  });
}

/** Greets a mail server and leaves. @throws when it does not greet in time */
export function speakSmtp(host: string, port: number, timeoutMs: Milliseconds): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, family: 4 });
    let greeted = false;
    socket.setTimeout(timeoutMs, () => socket.destroy(new Error(`no answer within ${timeoutMs} ms`)));
    socket.on('data', (data) => {
      if (greeted || !data.toString().startsWith('220')) return;
      greeted = true;
      socket.write('QUIT\r\n');
    });
    socket.on('error', reject);
    socket.on('close', () => (greeted ? resolve() : reject(new Error('the server hung up without a greeting'))));
  });
}
