import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { allocation } from '../../aggregator/process-memory.ts';
import { smallProcess } from '../../agent/privileges.ts';
import { version } from '../../core/version.ts';
import { copiesOf, environmentOf, instructionsOf, root, stagesOf } from './dockerfile.ts';
import { whyNoImages } from './storage.ts';

const stages = stagesOf('images/Dockerfile');
const targets = ['agent', 'aggregator', 'cli'] as const;
const bases: Readonly<Record<string, string>> = { build: '${NODE_IMAGE}', runtime: '${DEBIAN_IMAGE}' };
const dockerfile = readFileSync(join(root, 'images', 'Dockerfile'), 'utf8');
const baseScript = readFileSync(join(root, 'scripts', 'images', 'base.sh'), 'utf8');

t.test('images are made of what is built for them, and of nothing that is not built in them', async (t) => {
  t.strictSame(
    stages.map(({ name }) => name),
    ['build', 'runtime', ...targets],
  );
  for (const target of targets) {
    t.strictSame(
      copiesOf(instructionsOf(stages, target)).map(({ from, sources }) => [from, ...sources]),
      [
        ['build', '/usr/local/LICENSE', '/usr/local/bin/node'],
        ['build', `/out/${target}`],
      ],
    );
  }
  const allowed = readFileSync(join(root, '.dockerignore'), 'utf8');
  const { include } = JSON.parse(readFileSync(join(root, 'tsconfig.json'), 'utf8')) as { include: readonly string[] };
  const compiled = [...include.map((path) => path.replace('/*.ts', '')), 'bpf', 'ui', 'scripts', 'LICENSE'];
  const copied = copiesOf(instructionsOf(stages, 'build')).flatMap(({ sources }) => sources);
  for (const path of [...compiled, ...copied]) t.ok(path === '.' || allowed.includes(`\n!${path}\n`), path);
});

t.test('images are pinned, small in rights, and keep no lists of packages', async (t) => {
  for (const stage of stages) {
    t.equal(stage.base, bases[stage.name] ?? 'runtime');
    for (const { word, text } of stage.instructions) {
      t.not(word, 'ADD');
      t.notMatch(text, /:latest|curl |wget |sudo |npm install|chmod 777/);
      if (text.includes('apt-get install')) t.match(text, /--no-install-recommends.*rm -rf \/var\/lib\/apt\/lists/);
    }
  }
  const [, nodeVersion = ''] =
    /^ARG NODE_IMAGE=docker\.io\/library\/node:(\d+\.\d+\.\d+)-bookworm-slim$/m.exec(dockerfile) ?? [];
  t.match(baseScript, `\nnode_version=${nodeVersion}\n`, 'a base of our own has the same Node.js');
  const { engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { engines: { node: string } };
  const [, least = 0, below = 0] = (/^>=(\d+)\S* <(\d+)$/.exec(engines.node) ?? []).map(Number);
  const major = Number(nodeVersion.split('.')[0]);
  t.ok(least <= major && major < below, `${nodeVersion} is one of those that Weir runs on: ${engines.node}`);
  t.match(dockerfile, /^ARG DEBIAN_IMAGE=docker\.io\/library\/debian:bookworm-slim$/m);
  t.match(dockerfile, `\nARG VERSION=${version}\n`);
  const userOf = (name: string) => instructionsOf(stages, name).findLast(({ word }) => word === 'USER')?.text;
  t.strictSame(targets.map(userOf), ['0', '65532:65532', '65532:65532']);
});

t.test('the Node.js of images can collect the statements of its database', { skip: whyNoImages() }, async (t) => {
  const header = join(root, '.tools/image-base/node/usr/local/include/node/node_object_wrap.h');
  // With a hook in each object, as from 24.19 on, Node.js aborts when it collects one outside of its environment.
  t.match(readFileSync(header, 'utf8'), /class ObjectWrap \{(?![^]*CleanupHook)/);
});

t.test('Node.js is started for an agent as the agent starts itself anew', async (t) => {
  const entrypoint = instructionsOf(stages, 'agent').find(({ word }) => word === 'ENTRYPOINT')?.text ?? '';
  t.strictSame(JSON.parse(entrypoint), ['node', ...smallProcess, '/opt/weir/dist/agent/main.js']);
});

t.test('the aggregator’s image has the allocator that the benches measure with, and tells it the same', async (t) => {
  const measured = Object.entries(allocation).map(([name, value]) => `${name}=${value}`);
  t.strictSame(environmentOf(instructionsOf(stages, 'aggregator')), ['NODE_ENV=production', ...measured]);
});

t.test('the set-up installs what the build compiles with, and what the aggregator runs with', async (t) => {
  const known = readFileSync(join(root, 'scripts', 'setup', 'packages.sh'), 'utf8');
  for (const stage of ['build', 'aggregator']) {
    const installed = instructionsOf(stages, stage).find(({ text }) => text.includes('apt-get install'))?.text ?? '';
    const packages = /--no-install-recommends(.*?)&&/.exec(installed)?.[1]?.trim().split(/\s+/) ?? [];
    t.not(packages.length, 0);
    for (const each of packages) t.match(known, new RegExp(`(^| )${each.replaceAll('+', '\\+')}( |$)`, 'm'), each);
  }
});
