import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import t, { type Test } from 'tap';
import { Exporter } from '../../agent/export/exporter.ts';
import { keepalive } from '../../agent/export/keepalive.ts';
import { connect } from '../../proto/services.ts';
import { AggregatorProcess } from '../aggregator/process.ts';
import { IngestDouble } from './ingest-double.ts';
import { anyStatus, call, noState, openSpool, windowOf } from './spools.ts';
import { eagerExporter } from './exporter-options.ts';

/* An aggregator that hangs takes connections all the same, and says nothing on those that it has. */

/** An agent's spool and exporter that go to one address first, and to another from then on. */
async function setUp(t: Test, folder: string, first: string) {
  const other = new IngestDouble();
  const address = `unix:${join(folder, 'other.sock')}`;
  await other.listen(address);
  t.teardown(() => other.kill());
  const spool = openSpool(join(folder, 'spool'), 100);
  let next = first;
  const open = () => {
    const connection = connect(next, keepalive(200, 200));
    next = address;
    return connection;
  };
  const log = pino({ level: 'silent' });
  const exporter = new Exporter(open, spool, { ...eagerExporter, answerWithinMs: 1_000 }, () => anyStatus, log);
  t.teardown(() => exporter.stop());
  const see = (number: number) => {
    spool.append(windowOf(number, [call(80)]), noState);
    exporter.pump();
  };
  see(1);
  exporter.start();
  return { other, spool, see };
}

function folderFor(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'weir-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

t.test('an agent does not wait for the welcome of one that never answers', async (t) => {
  const folder = folderFor(t);
  const socket = join(folder, 'silent.sock');
  const silent = createServer((connection) => t.teardown(() => connection.destroy()));
  silent.listen(socket);
  await once(silent, 'listening');
  t.teardown(() => silent.close());
  const { other, spool } = await setUp(t, folder, `unix:${socket}`);
  await other.until(() => other.batches.length === 1, 'another has the batch');
  await other.until(() => spool.pending.length === 0, 'it is acknowledged');
});

t.test('an agent leaves one that stops in the middle', async (t) => {
  const folder = folderFor(t);
  const address = `unix:${join(folder, 'weir.sock')}`;
  const cluster = ['--cluster', 'demo', '--cluster-files', folder, '--database', join(folder, 'weir.db')].concat([
    '--identity-wait',
    '0ms',
  ]);
  const listen = ['--listen', address, '--metrics-listen', '127.0.0.1:0', '--http-listen', '127.0.0.1:0'];
  const hanging = await AggregatorProcess.start([...listen, ...cluster]);
  t.teardown(() => hanging.end('SIGKILL'));
  const { other, spool, see } = await setUp(t, folder, address);
  await other.until(() => spool.pending.length === 0, 'the first has the batch');
  hanging.hang();
  see(2);
  await other.until(() => other.batches.length === 1, 'another has the next batch');
  t.match(other.batches, [{ sequence: 2 }]);
});
