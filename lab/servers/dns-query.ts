import { randomInt } from 'node:crypto';
import { connect } from 'node:net';
import type { Milliseconds } from '../../core/time.ts';
import { requestUdp } from './exchanges.ts';

/** A DNS question for the IPv4 address of a name (RFC 1035, section 4.1). */
function question(name: string): Buffer {
  const header = Buffer.alloc(12);
  header.writeUInt16BE(randomInt(0x10000), 0);
  header.writeUInt16BE(0x0100, 2); // recursion desired
  header.writeUInt16BE(1, 4); // one question
  const labels = name.split('.').map((label) => Buffer.from([label.length, ...Buffer.from(label)]));
  return Buffer.concat([header, ...labels, Buffer.from([0, 0, 1, 0, 1])]);
}

/** @throws unless the answer is to this question, without error and with a record */
function checkAnswer(asked: Buffer, answer: Buffer): void {
  if (answer.length < 12 || answer.readUInt16BE(0) !== asked.readUInt16BE(0)) throw new Error('not an answer');
  const code = answer.readUInt16BE(2) & 0xf;
  if (code !== 0) throw new Error(`the DNS server answered with code ${code}`);
  if (answer.readUInt16BE(6) === 0) throw new Error('the DNS server gave no address');
}

function requestTcp(server: string, message: Buffer, timeoutMs: Milliseconds): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: server, port: 53 });
    const received: Buffer[] = [];
    socket.setTimeout(timeoutMs, () => socket.destroy(new Error(`no answer within ${timeoutMs} ms`)));
    socket.on('connect', () => {
      const length = Buffer.alloc(2);
      length.writeUInt16BE(message.length);
      socket.write(Buffer.concat([length, message]));
    });
    socket.on('data', (chunk) => {
      received.push(chunk);
      const all = Buffer.concat(received);
      if (all.length >= 2 && all.length >= 2 + all.readUInt16BE(0)) {
        resolve(all.subarray(2));
        socket.destroy();
      }
    });
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('the DNS server hung up')));
  });
}

/** Asks one DNS server for the address of a name. @throws when there is no answer in time, or no address in it */
export async function queryDns(
  server: string,
  protocol: 'TCP' | 'UDP',
  name: string,
  timeoutMs: Milliseconds,
): Promise<void> {
  const asked = question(name);
  const answer =
    protocol === 'UDP' ? await requestUdp(server, 53, asked, timeoutMs) : await requestTcp(server, asked, timeoutMs);
  checkAnswer(asked, answer);
}
