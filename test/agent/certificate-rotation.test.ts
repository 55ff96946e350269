import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import t from 'tap';
import { Exporter } from '../../agent/export/exporter.ts';
import { certificateProof } from '../../aggregator/access/node-proof.ts';
import { connect } from '../../proto/services.ts';
import { CertificateFiles } from '../../tls/certificate-files.ts';
import { channelCredentials } from '../../tls/grpc-credentials.ts';
import { start, TestCluster } from '../aggregator/running.ts';
import { Authority } from '../tls/authority.ts';
import { anyStatus, call, noState, openSpool, windowOf } from './spools.ts';
import { eagerExporter } from './exporter-options.ts';

const log = pino({ level: 'silent' });
const rotations = 3;
const livesMs = 1_500;

t.test('no batch is lost and none counts twice while certificates expire and are replaced', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'weir-rotation-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const authority = new Authority(t);
  const shortLived = () =>
    authority.write(
      authority.issue('URI:weir://demo/node/n1', { notAfter: new Date(Date.now() + livesMs + 1_000) }),
      'n1',
    );
  const own = authority.write(authority.issue('DNS:weir-aggregator'), 'aggregator');
  const certificates = await CertificateFiles.open({ ca: authority.certFile, ...own }, 50, log);
  const proofs = [certificateProof('demo')];
  const { aggregator, metric } = await start(t, new TestCluster(), { secured: { certificates, proofs, users: null } });
  const files = await CertificateFiles.open({ ca: authority.certFile, ...shortLived() }, 50, log);
  t.teardown(() => files.close());
  const spool = openSpool(join(folder, 'spool'), 100);
  const channel = channelCredentials(files, null);
  const open = () =>
    connect(aggregator.addresses[0] as string, { 'grpc.ssl_target_name_override': 'weir-aggregator' }, channel);
  const exporter = new Exporter(open, spool, eagerExporter, () => anyStatus, log);
  t.teardown(() => exporter.stop());
  exporter.start();
  let windows = 0;
  for (let rotation = 0; rotation < rotations; rotation++) {
    const until = Date.now() + livesMs;
    while (Date.now() < until) {
      spool.append(windowOf(++windows, [call(80)]), noState);
      exporter.pump();
      await sleep(5);
    }
    shortLived();
    if (rotation === 1) authority.write(authority.issue('DNS:weir-aggregator'), 'aggregator');
  }
  while (spool.pending.length > 0) await sleep(5);
  const committed = await metric('weir_ingest_batches_total');
  t.equal(committed['{result="committed"}'], windows);
  t.equal(spool.ledger.droppedBatches, 0);
  t.ok(exporter.ledger.reconnects >= rotations - 1, `${exporter.ledger.reconnects} connections after the first`);
});
