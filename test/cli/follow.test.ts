import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import t from 'tap';
import { connect } from '../../proto/services.ts';
import { podYaml } from '../aggregator/cluster-fixture.ts';
import { AggregatorProcess } from '../aggregator/process.ts';
import { batchOf, call, Pusher } from '../aggregator/pusher.ts';

const objects = [
  podYaml({ name: 'frontend-1', ip: '10.1.0.1', deployment: 'frontend' }),
  podYaml({ name: 'cart-1', ip: '10.1.0.2', deployment: 'cart' }),
];

/** Waits until a stream has said something. */
function heard(stream: Readable, what: RegExp): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    const listen = (part: Buffer) => {
      text += part.toString();
      if (!what.test(text)) return;
      stream.off('data', listen);
      resolve(text);
    };
    stream.on('data', listen);
  });
}

async function untilFollowed({ listening }: AggregatorProcess): Promise<void> {
  for (;;) {
    const text = await (await fetch(`http://${listening.metricsAddress}/metrics`)).text();
    if (/^weir_followers(\{.*\})? 1$/m.test(text)) return;
  }
}

t.test('who follows goes on by itself when the aggregator is back after a crash', async (t) => {
  const folder = t.testdir({ cluster: { 'all.yaml': objects.join('\n---\n') } });
  const start = (listen: string) =>
    AggregatorProcess.start(
      ['--listen', listen, '--metrics-listen', '127.0.0.1:0', '--database', join(folder, 'weir.db')].concat(
        ['--cluster', 'demo', '--cluster-files', join(folder, 'cluster'), '--keep', '15s=36500d'],
        ['--pod-cidr', '10.1.0.0/16'],
      ),
    );
  const first = await start('127.0.0.1:0');
  t.teardown(() => first.end('SIGKILL'));
  const address = first.listening.addresses[0] as string;
  const send = async (sequence: number) => {
    const connection = connect(address);
    const agent = new Pusher(connection);
    await agent.welcome();
    agent.send(batchOf(sequence, [call('frontend-1', '10.1.0.2', 8080 + sequence)]));
    await agent.ackThrough(sequence);
    agent.close();
    connection.close();
  };
  const main = join(import.meta.dirname, '../../cli/main.js');
  const weir = spawn(process.execPath, [main, 'flows', '-f', '-o', 'jsonl', 'client.workload=frontend'], {
    env: { ...process.env, WEIR_AGGREGATOR: address },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  t.teardown(() => weir.kill());
  const said: string[] = [];
  weir.stderr.on('data', (part: Buffer) => said.push(part.toString()));
  await untilFollowed(first);
  const firstLine = heard(weir.stdout, /8081/);
  await send(1);
  t.match(JSON.parse(await firstLine), { node: 'n1', port: 8081 });

  const broken = heard(weir.stderr, /connection is broken; trying again/);
  await first.end('SIGKILL');
  await broken;
  const second = await start(address);
  t.teardown(() => second.end('SIGTERM'));
  await untilFollowed(second);
  const secondLine = heard(weir.stdout, /8082/);
  await send(2);
  t.match(JSON.parse(await secondLine), { node: 'n1', port: 8082 });
  t.notMatch(said.join(''), /missing/, 'what was committed before the crash is known after it');
});
