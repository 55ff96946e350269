import { chownSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { allocation } from '../../aggregator/process-memory.ts';
import { version } from '../../core/version.ts';
import { agentFlags } from '../agent/agent-process.ts';
import { IngestDouble } from '../agent/ingest-double.ts';
import { TestNode, whyNoKernel } from '../agent/node-fixture.ts';
import { render, whyNoHelm } from '../chart/helm.ts';
import { blocksOf, commandsIn } from '../docs/blocks.ts';
import { deliveredPackages } from '../supply/lock.ts';
import { Container, type ContainerOptions } from './container.ts';
import { filesOf, packagesIn } from './image-files.ts';
import { Registry, whyNoRegistry } from './registry.ts';
import { runtimeDefault, without } from './runtime-default.ts';
import { buildImages, configOf, imageCommands, whyNoImages } from './storage.ts';

// The first build of all makes layers that later ones find.
t.setTimeout(240_000);

const skip = whyNoImages() || whyNoKernel();
const parts = ['agent', 'aggregator', 'cli'] as const;
const list = skip ? '' : buildImages('--no-archives');

t.test('images hold what runs: no compilers, sources, tests or packages for development', { skip }, async (t) => {
  const delivered = new Set(deliveredPackages().map(({ name }) => name));
  for (const part of parts) {
    const files = filesOf(part, t.testdir());
    const paths = [...files.keys()];
    t.ok(files.has(`/opt/weir/dist/${part}/main.js`) && files.has('/usr/local/bin/node'), part);
    const tools = paths.filter((path) => /bin\/(cc|gcc|g\+\+|clang|make|cmake|bpftool|python3|npm|git)$/.test(path));
    t.strictSame(tools, [], `${part} has no tool to build with`);
    const own = paths.filter((path) => path.startsWith('/opt/weir/'));
    const idle = own.filter((path) => /\.([cm]?ts|map|c|cc|h|a)$|\/tests?\//.test(path));
    t.strictSame(idle, [], `${part} has no sources, maps or tests`);
    const packages = packagesIn(files);
    t.ok(packages.size > 20);
    t.strictSame(
      [...packages].filter((name) => !delivered.has(name)),
      [],
      `${part} has none that the bill of materials leaves out`,
    );
    // With these kubectl copies files, and the pod that restores a copy waits.
    for (const tool of ['tar', 'test', 'rm', 'sleep']) t.ok(files.has(`/usr/bin/${tool}`), `${part} has ${tool}`);
    t.equal(packages.has('better-sqlite3'), part === 'aggregator', 'the aggregator alone keeps a database');
    const open = [...files].filter(([path, rights]) => path.startsWith('/opt') && !/^(l|.{8}[^w]. 0$)/.test(rights));
    t.strictSame(open, [], `${part} can be changed by root only`);
    const left = paths.filter((path) => /^\/var\/(lib\/apt\/lists|cache\/apt|cache\/ldconfig)\/.*\..+/.test(path));
    t.strictSame(left, [], `${part} keeps nothing of the installation`);
  }
  const sizes = [...list.matchAll(/^ *([\d.]+) MB {2}sha256:.* COPY in \.\/$/gm)].map(([, size]) => Number(size));
  t.equal(sizes.length, 3);
  for (const size of sizes) t.ok(size < 20, `what Weir adds takes ${size} MB`);
});

t.test('images say what they are, and whom they run as', { skip }, async (t) => {
  for (const part of parts) {
    const { User, Labels } = configOf(part, t.testdir());
    t.equal(User, part === 'agent' ? '0' : '65532:65532');
    t.match(Labels, {
      'org.opencontainers.image.title': /^Weir /,
      'org.opencontainers.image.description': /\w/,
      'org.opencontainers.image.version': version,
      'org.opencontainers.image.revision': /^([0-9a-f]{40}(-changed)?|unknown)$/,
      'org.opencontainers.image.source': 'unknown',
      'org.opencontainers.image.licenses': /^Apache-2\.0/,
    });
  }
});

t.test('the same content is the same layers, when all is built again from nothing', { skip }, async (t) => {
  t.match(buildImages('--again', '--no-archives', 'cli'), /^weir-cli:.*\n( .*sha256:.*\n){3}$/);
});

/** Where the agent's image is asked for with the registry that the page tells the chart of. */
async function agentImageOf(host: string): Promise<string | undefined> {
  const page = blocksOf('docs/INSTALL.md').flatMap(commandsIn).join('\n');
  const [, registry] = new RegExp(`^helm install .* image\\.registry=(${host}\\S*)$`, 'm').exec(page) ?? [];
  const objects = await render('kube-1.36', { cluster: 'production', image: { registry } });
  return /"image":"([^"]*agent[^"]*)"/.exec(JSON.stringify(objects))?.[1];
}

t.test(
  'an archive that is sent to a registry is there what the chart asks for',
  { skip: skip || whyNoRegistry() || whyNoHelm() },
  async (t) => {
    const folder = t.testdir();
    buildImages('--output', join(folder, '.images'), 'agent');
    const [send = ''] = imageCommands.filter((each) => each.startsWith('skopeo copy '));
    const [, archive = '', host = ''] = / oci-archive:(\S+) docker:\/\/([^/]+)/.exec(send) ?? [];
    const registry = await Registry.start(t, host);
    const digestOf = (image: string) => registry.sh(`skopeo inspect --format '{{.Digest}}' ${image}`, folder);
    const image = await agentImageOf(host);
    await t.rejects(digestOf(`docker://${image}`), { message: /manifest unknown/ }, 'it is not there before');
    await registry.sh(send, folder);
    t.equal(await digestOf(`docker://${image}`), await digestOf(`oci-archive:${archive}`));
    t.match(await registry.sh(`skopeo copy docker://${image} dir:back`, folder), /Copying config/, 'and is all there');
  },
);

/** Runs an image to its end. */
async function run(part: string, ...args: readonly string[]): Promise<Container & { readonly status: number | null }> {
  return await runWith(part, { args });
}

async function runWith(part: string, options: ContainerOptions) {
  const container = new Container(part, options);
  return Object.assign(container, { status: await container.ended() });
}

function start(t: Test, part: string, options: ContainerOptions): Container {
  const container = new Container(part, options);
  t.teardown(() => container.stop());
  return container;
}

t.test('each image starts, and says its version', { skip }, async (t) => {
  for (const part of parts) t.match(await run(part, '--version'), { status: 0, stdout: `${version}\n` });
});

const web = `
apiVersion: v1
kind: Pod
metadata: { name: web, namespace: shop, uid: u1 }
spec: { containers: [{ name: web, image: web }] }
status: { phase: Running, podIP: 10.0.0.5, podIPs: [{ ip: 10.0.0.5 }] }
`;

t.test(
  'the aggregator serves as nobody on a root that is read-only, and the command line asks it',
  { skip },
  async (t) => {
    const folder = t.testdir({ cluster: { 'web.yaml': web }, data: {} });
    chownSync(join(folder, 'data'), 65532, 65532);
    const listen = ['listen', 'metrics-listen', 'http-listen'].flatMap((name) => [`--${name}`, '127.0.0.1:0']);
    const places = ['--database', join(folder, 'data', 'weir.db'), '--cluster-files', join(folder, 'cluster')];
    const aggregator = start(t, 'aggregator', { args: [...listen, ...places], volumes: [folder] });
    const { addresses, metricsAddress, httpAddress } = JSON.parse(await aggregator.says('"msg":"listening"')) as {
      addresses: readonly [string];
      metricsAddress: string;
      httpAddress: string;
    };
    while ((await fetch(`http://${metricsAddress}/readyz`)).status !== 200) await sleep(50);
    t.match(await (await fetch(`http://${httpAddress}/`)).text(), /<script type="module"/, 'the web app is there');
    const asked = await run('cli', 'workloads', '--aggregator', addresses[0]);
    t.match(asked, { status: 0, stdout: /^shop\/pod\/web /m }, asked.stderr);
    t.ok(readdirSync(join(folder, 'data')).includes('weir.db'));
    t.match(aggregator.maps(), `/${allocation.LD_PRELOAD}\n`, 'its memory comes from its allocator');
    t.equal(await aggregator.stop(), 0);
    t.notMatch(aggregator.stderr, /ld\.so|jemalloc/, 'which has nothing to complain of');
  },
);

const capabilities = ['BPF', 'PERFMON', 'NET_ADMIN'];

t.test('the agent loads its BPF object, and sees a connection, with the rights of the chart', { skip }, async (t) => {
  const node = new TestNode();
  t.teardown(() => node.remove());
  const address = `unix:${join(node.folder, 'a.sock')}`;
  const ingest = new IngestDouble();
  await ingest.listen(address);
  t.teardown(() => ingest.kill());
  const client = node.addPod('client');
  const agent = start(t, 'agent', {
    args: agentFlags(node, address),
    capabilities,
    netns: `/run/netns/${node.netns}`,
    volumes: [node.folder, '/run/netns', '/sys/fs/bpf'],
  });
  await ingest
    .until(() => ingest.statuses.at(-1)?.podsResolved === 1, 'the pod is known')
    .catch((error: unknown) => {
      throw new Error(agent.stderr.slice(-2000), { cause: error });
    });
  node.script(
    client,
    `import { connect } from 'node:net';
     connect(1, '${client.address.replace(/\d+$/, '200')}').on('error', () => process.exit(0));
     setTimeout(() => process.exit(0), 100);`,
  );
  await ingest.until(() => ingest.records.some(({ counters }) => counters.attempts === 1), 'the attempt was sent');
  const off = ingest.statuses.at(-1)?.features.filter(({ active }) => !active);
  t.strictSame(
    off?.map(({ name }) => name),
    ['kubernetes-api'],
    'only what there is not here is off',
  );
  t.equal(await agent.stop(), 0);
});

t.test('an agent whose seccomp profile refuses bpf(2) says what is missing', { skip }, async (t) => {
  const node = new TestNode();
  t.teardown(() => node.remove());
  const refused = await runWith('agent', {
    args: agentFlags(node, `unix:${join(node.folder, 'a.sock')}`),
    capabilities,
    seccomp: without(runtimeDefault(capabilities), 'bpf'),
    netns: `/run/netns/${node.netns}`,
    volumes: [node.folder, '/run/netns', '/sys/fs/bpf'],
  });
  t.not(refused.status, 0);
  t.match(refused.stderr, /was refused; run as root, or with CAP_BPF/);
});
