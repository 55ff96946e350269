import { pino } from 'pino';
import t, { type Test } from 'tap';
import { certificateProof } from '../../aggregator/access/node-proof.ts';
import { connect } from '../../proto/services.ts';
import { CertificateFiles } from '../../tls/certificate-files.ts';
import { channelCredentials } from '../../tls/grpc-credentials.ts';
import { Authority, type Issued } from '../tls/authority.ts';
import { batchOf, call, Pusher } from './pusher.ts';
import { start, TestCluster } from './running.ts';

const log = pino({ level: 'silent' });
const never = 86_400_000;

async function filesOf(t: Test, authority: Authority, issued: Issued | null, name: string): Promise<CertificateFiles> {
  const own = issued === null ? { cert: null, key: null } : authority.write(issued, name);
  const files = await CertificateFiles.open({ ca: authority.certFile, ...own }, never, log);
  t.teardown(() => files.close());
  return files;
}

/** An aggregator that takes certificates of an authority, and a way to connect to it with one. */
async function secured(t: Test, authority: Authority) {
  const certificates = await filesOf(t, authority, authority.issue('IP:127.0.0.1'), 'aggregator');
  const proofs = [certificateProof('demo')];
  const running = await start(t, new TestCluster(), { secured: { certificates, proofs, users: null } });
  const address = running.aggregator.addresses[0] as string;
  const connectWith = (files: CertificateFiles) => {
    const connection = connect(address, {}, channelCredentials(files, null));
    t.teardown(() => connection.close());
    return connection;
  };
  const pusher = async (issued: Issued | null, name: string, from = authority) =>
    new Pusher(connectWith(await filesOf(t, from, issued, name)));
  return { ...running, address, certificates, connectWith, pusher };
}

t.test('an agent whose certificate names its node is let in, for that node only', async (t) => {
  const authority = new Authority(t);
  const { pusher, connectWith, metric } = await secured(t, authority);
  const own = await pusher(authority.issue('URI:weir://demo/node/n1'), 'n1');
  await own.welcome();
  own.send(batchOf(1, [call('a-1', '10.1.0.2', 80)]));
  await own.ackThrough(1);
  const other = await pusher(authority.issue('URI:weir://demo/node/n2'), 'n2');
  t.match(await other.end(), { code: 7, details: /it says n1, its certificate is for n2/ });
  own.send(batchOf(2, [call('a-1', '10.1.0.2', 80)]));
  await own.ackThrough(2);
  const replaying = new Pusher(
    connectWith(await filesOf(t, authority, authority.issue('URI:weir://demo/node/n1'), 'r')),
  );
  await replaying.welcome();
  replaying.send(batchOf(2, [call('a-1', '10.1.0.2', 80)]));
  await replaying.ackThrough(2);
  t.match(await metric('weir_ingest_batches_total'), { '{result="committed"}': 2, '{result="duplicate"}': 1 });
});

t.test('an agent without a valid certificate of the right authority is not let in', async (t) => {
  const authority = new Authority(t);
  const foreign = new Authority(t, 'another');
  const { pusher, connectWith, address, metric } = await secured(t, authority);
  const ended = async (pushing: Promise<Pusher>) => await (await pushing).end();
  t.match(await ended(pusher(null, 'none')), { code: 16, details: /neither a client certificate/ });
  const expired = authority.issue('URI:weir://demo/node/n1', { notAfter: new Date(Date.now() - 60_000) });
  t.match(await ended(pusher(expired, 'expired')), { code: 16, details: /neither a client certificate/ });
  const elsewhere = authority.issue('URI:weir://other/node/n1');
  t.match(await ended(pusher(elsewhere, 'elsewhere')), {
    code: 16,
    details: /needs the URI weir:\/\/demo\/node\/NODE/,
  });
  t.match(await ended(pusher(authority.issue('DNS:n1'), 'dns')), { code: 16, details: /names no node/ });
  // Trusts the right authority and shows a certificate of another.
  const strange = foreign.write(foreign.issue('URI:weir://demo/node/n1'), 'n1');
  const files = await CertificateFiles.open({ ca: authority.certFile, ...strange }, never, log);
  t.match(await new Pusher(connectWith(files)).end(), { code: 16, details: /neither a client certificate/ });
  const plain = connect(address);
  t.match(await new Pusher(plain).end(), { code: 14 }, 'plain text gets no answer');
  plain.close();
  const distrusting = await pusher(foreign.issue('URI:weir://demo/node/n1'), 'n1', foreign);
  t.match(await distrusting.end(), { code: 14, details: /certificate/ }, 'nor does the agent take any aggregator');
  t.strictSame(await metric('weir_ingest_batches_seen_total'), { '': 0 });
});

t.test('a stream ends when its certificate has expired, and the node goes on with the next one', async (t) => {
  const authority = new Authority(t);
  const { pusher, metric } = await secured(t, authority);
  const short = authority.issue('URI:weir://demo/node/n1', { notAfter: new Date(Date.now() + 2_500) });
  const first = await pusher(short, 'short');
  await first.welcome();
  first.send(batchOf(1, [call('a-1', '10.1.0.2', 80)]));
  await first.ackThrough(1);
  t.match(await first.end(), { code: 16, details: /certificate has expired; it needs to connect/ });
  t.strictSame(await metric('weir_agents_connected'), { '': 0 });
  const next = await pusher(authority.issue('URI:weir://demo/node/n1'), 'next');
  t.match(await next.welcome(), { committed: { sequence: 1 } });
});

t.test('new handshakes use the certificates that have replaced those of before', async (t) => {
  const authority = new Authority(t);
  const later = new Authority(t, 'later');
  const { certificates, connectWith, pusher } = await secured(t, authority);
  const old = await filesOf(t, authority, authority.issue('URI:weir://demo/node/n1'), 'old');
  const running = new Pusher(connectWith(old));
  await running.welcome();
  // Both files hold what the later authority has made, under the names of before.
  authority.write(later.issue('IP:127.0.0.1'), 'aggregator');
  await certificates.refresh();
  const stillTrusting = await filesOf(t, authority, null, 'still');
  t.match(await new Pusher(connectWith(stillTrusting)).end(), { code: 14, details: /certificate|issuer/ });
  running.send(batchOf(1, [call('a-1', '10.1.0.2', 80)]));
  await running.ackThrough(1);
  const trusting = await pusher(later.issue('URI:weir://demo/node/n1'), 'n1', later);
  t.match(await trusting.end(), { code: 16 }, 'it is the aggregator that does not know the later authority yet');
});
