import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { Server, ServerCredentials, type sendUnaryData, type ServerUnaryCall } from '@grpc/grpc-js';
import t, { type Test } from 'tap';
import { Cri } from '../../agent/identity/sandboxes/cri.ts';
import { placeOf } from '../../agent/identity/sandboxes/cri-info.ts';
import { criMethods } from '../../proto/cri.ts';
import { socketFolder } from './unix-server.ts';

const id = (digit: number) => String(digit).repeat(64);
const item = (digit: number, more: object = {}) => ({
  id: id(digit),
  metadata: { name: `pod-${digit}`, uid: `uid-${digit}`, namespace: 'shop' },
  state: 'SANDBOX_READY',
  ...more,
});
const specOf = (path: string) => ({ linux: { namespaces: [{ type: 'pid' }, { type: 'network', path }] } });

function asking(t: Test, path: string) {
  let news = 0;
  const cri = new Cri({ path, timeoutMs: 300, pauseMs: 0 }, () => news++);
  t.teardown(() => cri.close());
  const ask = async () => {
    const before = cri.state;
    cri.ask();
    const deadline = Date.now() + 10_000;
    while (cri.state === before && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 5));
  };
  return { cri, ask, news: () => news };
}

type Call = ServerUnaryCall<{ podSandboxId: string }, object>;
type Handler = (call: Call, answer: sendUnaryData<object>) => void;

/** A runtime over real gRPC. */
async function runtime(t: Test, listPodSandbox: Handler, podSandboxStatus: Handler): Promise<string> {
  const path = join(socketFolder(t), 'cri.sock');
  const server = new Server();
  server.addService(criMethods(), { listPodSandbox, podSandboxStatus });
  await new Promise<void>((resolve, reject) => {
    server.bindAsync(`unix:${path}`, ServerCredentials.createInsecure(), (error) =>
      error === null ? resolve() : reject(error),
    );
  });
  t.teardown(() => server.forceShutdown());
  return path;
}

t.test('what runtimes tell of a sandbox differs, and is found', async (t) => {
  const path = '/var/run/netns/cni-1';
  const info = (value: unknown) => ({ info: JSON.stringify(value) });
  t.same(placeOf(info({ pid: 7, runtimeSpec: specOf(path) })), { netnsPath: path, pid: 7 }, 'containerd and CRI-O');
  t.same(placeOf(info({ pid: 7 })), { netnsPath: '', pid: 7 }, 'a process alone');
  t.same(placeOf(info({ runtimeSpec: specOf(path) })), { netnsPath: path, pid: 0 }, 'a file alone');
  for (const bad of [{}, info({}), info(5), info({ pid: 'x' }), { info: '{' }, info({ runtimeSpec: {} })]) {
    t.equal(placeOf(bad), null, JSON.stringify(bad));
  }
});

t.test('sandboxes are asked about once, and forgotten when they are gone', async (t) => {
  let items = [item(1), item(2), item(3, { state: 'SANDBOX_NOTREADY' }), item(4, { metadata: null })];
  const asked: string[] = [];
  const path = await runtime(
    t,
    (_, answer) => answer(null, { items }),
    ({ request: { podSandboxId } }, answer) => {
      asked.push(podSandboxId);
      answer(null, { info: { info: JSON.stringify({ pid: 7 }) } });
    },
  );
  const { cri, ask, news } = asking(t, path);
  await ask();
  t.same(
    Array.from(cri.sandboxes, ({ pod, pid }) => `${pod.namespace}/${pod.name} ${pod.uid} ${pid}`),
    ['shop/pod-1 uid-1 7', 'shop/pod-2 uid-2 7'],
  );
  t.equal(news(), 1);
  items = [item(2), item(5)];
  await ask();
  t.same(asked, [id(1), id(2), id(5)]);
  t.same(
    Array.from(cri.sandboxes, ({ containerId }) => containerId),
    [id(2), id(5)],
  );
});

t.test('a runtime that never answers is given up in time, and asked again', async (t) => {
  let lists = 0;
  const path = await runtime(
    t,
    (_, answer) => {
      if (++lists > 1) answer(null, { items: [item(1)] });
    },
    (_, answer) => answer(null, { info: {} }),
  );
  const { cri, ask } = asking(t, path);
  await ask();
  t.match(cri.state, { state: 'failing', detail: /DEADLINE_EXCEEDED/ });
  await ask();
  t.match(cri.state, { state: 'ok' });
});

for (const [what, serve] of [
  ['is no gRPC server', (socket: Socket) => void socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')],
  ['hangs', () => undefined],
  ['closes', (socket: Socket) => void socket.destroy()],
] as const) {
  t.test(`a runtime that ${what} is a named problem`, async (t) => {
    const path = join(socketFolder(t), 'cri.sock');
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => undefined);
      serve(socket);
    });
    await new Promise<void>((resolve) => server.listen(path, resolve));
    t.teardown(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    const { cri, ask } = asking(t, path);
    await ask();
    t.match(cri.state, { name: 'cri', state: 'failing', detail: new RegExp(`^${path}: `) });
    t.same([...cri.sandboxes], []);
  });
}

t.test('without a runtime it says how to name one', async (t) => {
  const { cri, ask } = asking(t, join(socketFolder(t), 'nothing.sock'));
  await ask();
  t.match(cri.state, { state: 'failing', detail: /nothing.sock/ });
});
