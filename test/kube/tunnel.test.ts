import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { PodAccess } from '../../lab/kube-api/pod-access.ts';
import { ApiCluster } from '../chart/api-cluster.ts';
import { toolFolders, whyNoHelm } from '../chart/helm.ts';

/* That kubectl as it is gets into pods through the lab's server, with every byte; the pods are this machine. */

const skip = whyNoHelm();

const pods: PodAccess = {
  logOf: () => null,
  exec: async (_, [command = '', ...args]) => {
    const child = spawn(command, args);
    await once(child, 'spawn');
    return child;
  },
  connect: async (_, port) => {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    return socket;
  },
};

/** What docs/INSTALL.md says of who forwards a port, with the rights to get in as they are given. */
const role = (verbs: string) => `apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: { name: entering, namespace: shop }
rules:
  - { apiGroups: [''], resources: [services], verbs: [get] }
  - { apiGroups: [''], resources: [pods], verbs: [get, list] }
  - { apiGroups: [''], resources: [pods/exec, pods/portforward], verbs: [${verbs}] }
`;

async function clusterWithPod(t: Test): Promise<ApiCluster> {
  const cluster = await ApiCluster.start(t, { pods });
  const spec = { containers: [{ name: 'here', image: 'here' }] };
  const metadata = { name: 'here', namespace: 'shop', labels: { app: 'here' } };
  cluster.api.store.set({ apiVersion: 'v1', kind: 'Pod', metadata, spec, status: { phase: 'Running' } });
  return cluster;
}

/** Answers with what it is sent, when that has ended. @returns its port */
async function startEcho(t: Test): Promise<number> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const pieces: Buffer[] = [];
    socket.on('data', (piece) => pieces.push(piece)).on('end', () => socket.end(Buffer.concat(pieces)));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  t.teardown(() => server.close());
  return (server.address() as AddressInfo).port;
}

async function echoed(port: number, bytes: Buffer): Promise<Buffer> {
  const socket = connect(port, '127.0.0.1');
  socket.end(bytes);
  const pieces: Buffer[] = [];
  for await (const piece of socket) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}

for (const tools of toolFolders) {
  t.test(`kubectl of ${tools} runs commands, copies files and forwards ports`, { skip }, async (t) => {
    const cluster = await clusterWithPod(t);
    const bytes = randomBytes(3_000_000);
    writeFileSync(join(cluster.folder, 'sent'), bytes);
    const sum = `${createHash('sha256').update(bytes).digest('hex')}  -\n`;
    const exec = (line: string) => cluster.sh(line.replace('here', 'kubectl exec --namespace shop here'), tools);
    t.match(await exec("here -- sh -c 'echo out; echo err >&2; exit 3'"), {
      status: 3,
      stdout: 'out\n',
      stderr: /^err\n/,
    });
    t.match(await exec('here -i -- sha256sum < sent'), { status: 0, stdout: sum });
    t.match(await exec('yes | here -i -- head -n 1'), { status: 0, stdout: 'y\n' }, 'what is not read holds nobody up');
    t.match(await exec('here -- sh -c "kill -9 \\$\\$"'), { status: 137 });
    t.match(await exec('here -- no-such-command'), { status: 1, stderr: /ENOENT/ });
    const there = join(t.testdir({}), 'copy');
    await cluster.must(`kubectl cp sent shop/here:${there}`, tools);
    await cluster.must(`kubectl cp shop/here:${there} received`, tools);
    t.ok(readFileSync(join(cluster.folder, 'received')).equals(bytes), 'a file comes back as it was sent');

    const port = await startEcho(t);
    const line = `kubectl port-forward --namespace shop pod/here :${port} &`;
    const { match, stop } = await cluster.start(line, /127\.0\.0\.1:(\d+) ->/, tools);
    const local = Number(match[1]);
    const answers = await Promise.all([bytes, bytes.subarray(7), Buffer.from('x')].map((each) => echoed(local, each)));
    t.strictSame(
      answers.map(({ length }) => length),
      [3_000_000, 2_999_993, 1],
    );
    t.ok(answers[0]?.equals(bytes) && answers[1]?.equals(bytes.subarray(7)), 'connections do not mix');
    await stop();
  });
}

t.test('who gets into pods needs the rights to it', { skip }, async (t) => {
  const cluster = await clusterWithPod(t);
  const port = await startEcho(t);
  const spec = { selector: { app: 'here' }, ports: [{ port }] };
  cluster.api.store.set({ apiVersion: 'v1', kind: 'Service', metadata: { name: 'here', namespace: 'shop' }, spec });
  const token = (await cluster.must('kubectl create token default --namespace shop')).trim();
  const own = `kubectl --kubeconfig /dev/null --server ${cluster.api.url} --insecure-skip-tls-verify --token ${token} --namespace shop`;
  const grant = (verbs: string) => cluster.must(`kubectl apply -f - <<'END'\n${role(verbs)}END`);
  await grant("''");
  await cluster.must(
    'kubectl create rolebinding entering --namespace shop --role=entering --serviceaccount=shop:default',
  );
  for (const verbs of ["''", 'get', 'list, watch']) {
    await grant(verbs);
    for (const [command, what] of [
      ['exec here -- true', 'exec'],
      [`port-forward service/here :${port}`, 'portforward'],
      ['cp /dev/null here:/dev/null', 'exec'],
    ]) {
      t.match(
        await cluster.sh(`${own} ${command}`),
        { status: 1, stderr: new RegExp(`cannot create resource "pods/${what}"`) },
        `${command}: ${verbs}`,
      );
    }
  }
  await grant('get, create');
  t.match(await cluster.sh(`${own} exec here -- echo in`), { status: 0, stdout: 'in\n' });
  const { match, stop } = await cluster.start(`${own} port-forward service/here :${port}`, /127\.0\.0\.1:(\d+) ->/);
  t.equal((await echoed(Number(match[1]), Buffer.from('in'))).toString(), 'in');
  await stop();
});

t.test('what is not there is told', { skip }, async (t) => {
  const cluster = await clusterWithPod(t);
  t.match(await cluster.sh('kubectl exec --namespace shop nobody -- true'), {
    status: 1,
    stderr: /"nobody" not found/,
  });
  const { match, stop } = await cluster.start(
    'kubectl port-forward --namespace shop pod/here :1',
    /127\.0\.0\.1:(\d+) ->/,
  );
  t.equal((await echoed(Number(match[1]), Buffer.from('x'))).length, 0, 'nobody listens there');
  await stop();
  for (const path of ['exec?command=true', 'portforward', 'attach']) {
    const answer = await cluster.sh(`curl --silent --insecure --header 'Connection: Upgrade' --header 'Upgrade: other' \
      --header "Authorization: Bearer token-of-admin" ${cluster.api.url}/api/v1/namespaces/shop/pods/here/${path}`);
    t.match(answer.stdout, /"code":40[04]/, path);
  }
});
