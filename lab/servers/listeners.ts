import { createSocket } from 'node:dgram';
import { renameSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';
import type { ListenConfig, ServiceConfig } from './config.ts';

/** Names that the statsd receiver keeps; the oldest goes first. */
const maxStats = 1000;

/** Opens one of the lab's servers. A server that cannot open its port ends the process. */
export function listen(config: ListenConfig, { statsFile }: ServiceConfig): void {
  switch (config.kind) {
    case 'http':
      createHttpServer((_, response) => {
        response.writeHead(200, { 'content-type': 'text/plain', connection: 'close' }).end('ok\n');
      }).listen(config.port, config.address);
      return;
    case 'smtp':
      listenSmtp(config);
      return;
    case 'quote':
      listenQuote(config);
      return;
    case 'statsd':
      listenStatsd(config, statsFile);
  }
}

function listenSmtp({ port, address }: ListenConfig): void {
  createServer((socket) => {
    socket.setTimeout(5000, () => socket.destroy());
    // A client that hangs up in the middle is no fault of the server.
    socket.on('error', () => socket.destroy());
    socket.write('220 mail.example.net ESMTP\r\n');
    socket.on('data', (data) => {
      if (data.toString().startsWith('QUIT')) socket.end('221 bye\r\n');
    });
  }).listen(port, address);
}

/** Answers every datagram with an exchange rate. */
function listenQuote({ port, address }: ListenConfig): void {
  const socket = createSocket('udp4');
  socket.on('message', (message, from) => {
    socket.send(`${message.toString().slice(0, 32)} 1.0842`, from.port, from.address);
  });
  socket.bind(port, address);
}

/** Counts `name:1|c` lines and answers nothing, as statsd does. */
function listenStatsd({ port, address }: ListenConfig, statsFile: string): void {
  const counts = new Map<string, number>();
  let scheduled = false;
  const write = () => {
    scheduled = false;
    writeFileSync(`${statsFile}.unfinished`, JSON.stringify(Object.fromEntries(counts)));
    renameSync(`${statsFile}.unfinished`, statsFile);
  };
  const socket = createSocket('udp4');
  socket.on('message', (message) => {
    const match = /^([\w.-]{1,64}):(\d{1,9})\|c$/.exec(message.toString());
    if (match === null) return;
    const name = match[1] as string;
    counts.set(name, (counts.get(name) ?? 0) + Number(match[2]));
    if (counts.size > maxStats) counts.delete(counts.keys().next().value as string);
    if (!scheduled) {
      scheduled = true;
      setTimeout(write, 50);
    }
  });
  socket.bind(port, address);
}
