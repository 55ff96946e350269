import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import t from 'tap';
import { copiesOf, instructionsOf, root, stagesOf } from './dockerfile.ts';

const stages = stagesOf('images/Dockerfile');
const targets = ['agent', 'aggregator', 'cli'] as const;

/** Packages that are left when those for development are gone, as npm prune leaves them. */
function productionPackages(): string[] {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Readonly<Record<string, { dev?: boolean; optional?: boolean }>>;
  };
  return Object.entries(lock.packages)
    .filter(([path, { dev = false }]) => path.startsWith('node_modules/') && !dev && existsSync(join(root, path)))
    .map(([path]) => path);
}

/** What an image holds below /opt/weir. @param folder removed with the test */
function assemble(target: string, folder: string): void {
  for (const { from, sources, target: to } of copiesOf(instructionsOf(stages, target))) {
    if (from !== 'build') continue;
    for (const source of sources) {
      const path = source.replace(/^\/src\//, '');
      const place = to === './' ? join(folder, basename(path)) : join(folder, to);
      mkdirSync(dirname(place), { recursive: true });
      if (path !== 'node_modules') cpSync(join(root, path), place, { recursive: true });
    }
  }
  const gone = instructionsOf(stages, target)
    .filter(({ word }) => word === 'RUN')
    .flatMap(({ text }) => text.match(/node_modules\/[\w@/-]+/g) ?? []);
  for (const path of productionPackages()) {
    if (gone.some((each) => path === each || path.startsWith(`${each}/`))) continue;
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    // Nested packages have lines of their own; links would lead back to all packages.
    if (!existsSync(join(folder, path))) execFileSync('cp', ['-rl', join(root, path), join(folder, path)]);
  }
}

function newFolder(t: { teardown(undo: () => void): void }): string {
  // Hard links need the same file system.
  const folder = mkdtempSync(join(root, '.stamps', 'image-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

t.test('images are made of what there is, and of nothing that is not built in them', async (t) => {
  t.strictSame(
    stages.map(({ name }) => name),
    ['build', 'runtime', ...targets],
  );
  for (const target of targets) {
    for (const { from, sources } of copiesOf(instructionsOf(stages, target))) {
      t.equal(from, 'build');
      for (const source of sources)
        t.ok(existsSync(join(root, source.replace(/^\/src\//, ''))), `${target}: ${source}`);
    }
  }
  const allowed = readFileSync(join(root, '.dockerignore'), 'utf8');
  for (const { sources } of copiesOf(instructionsOf(stages, 'build'))) {
    for (const source of sources) t.ok(source === '.' || allowed.includes(`!${source}\n`), source);
  }
});

t.test('images are pinned, small in rights, and keep no lists of packages', async (t) => {
  for (const stage of stages) {
    t.ok(stage.base === '${NODE_IMAGE}' || stages.some(({ name }) => name === stage.base), stage.base);
    for (const { word, text } of stage.instructions) {
      t.not(word, 'ADD');
      t.notMatch(text, /:latest|curl |wget |sudo |npm install|chmod 777/);
      if (text.includes('apt-get install')) t.match(text, /--no-install-recommends.*rm -rf \/var\/lib\/apt\/lists/);
    }
  }
  t.match(
    readFileSync(join(root, 'images', 'Dockerfile'), 'utf8'),
    /^ARG NODE_IMAGE=node:\d+\.\d+\.\d+-bookworm-slim$/m,
  );
  const userOf = (name: string) => instructionsOf(stages, name).findLast(({ word }) => word === 'USER')?.text;
  t.strictSame(targets.map(userOf), ['0', '65532:65532', '65532:65532']);
});

t.test('the compilers of the build are those that the set-up installs', async (t) => {
  const installed = instructionsOf(stages, 'build').find(({ text }) => text.includes('apt-get install'))?.text ?? '';
  const packages = /--no-install-recommends(.*?)&&/.exec(installed)?.[1]?.trim().split(/\s+/) ?? [];
  const known = readFileSync(join(root, 'scripts', 'setup', 'packages.sh'), 'utf8');
  for (const each of packages) t.match(known, new RegExp(`(^| )${each.replaceAll('+', '\\+')}( |$)`, 'm'), each);
});

for (const target of targets) {
  t.test(`what the image of ${target} holds is enough for it to start`, async (t) => {
    const folder = newFolder(t);
    assemble(target, folder);
    const entry = instructionsOf(stages, target).findLast(({ word }) => word === 'ENTRYPOINT')?.text ?? '[]';
    const [, main = ''] = JSON.parse(entry) as string[];
    const run = (...args: readonly string[]) =>
      spawnSync(process.execPath, [main.replace('/opt/weir', folder), ...args], { encoding: 'utf8', cwd: tmpdir() });
    t.match(run('--version'), { status: 0, stdout: /^\d+\.\d+\.\d+\n$/ }, 'nothing that it imports is missing');
    t.notOk(existsSync(join(folder, 'node_modules', 'typescript')), 'without what only development needs');
    if (target === 'cli')
      t.match(run('status', '--aggregator', '127.0.0.1:1'), { status: 1, stderr: /nothing answers/ });
    if (target !== 'aggregator') return;
    const args = ['--listen', '127.0.0.1:0', '--metrics-listen', '127.0.0.1:0', '--http-listen', '127.0.0.1:0'];
    const own = ['--database', join(folder, 'weir.db'), '--cluster-files', join(folder, 'proto')];
    const child = spawn(process.execPath, [main.replace('/opt/weir', folder), ...args, ...own], { cwd: tmpdir() });
    t.teardown(() => child.kill('SIGKILL'));
    let log = '';
    await new Promise<void>((resolve) => {
      child.stderr.on('data', (chunk: Buffer) => {
        log += chunk.toString();
        if (log.includes('"msg":"listening"')) resolve();
      });
      child.once('exit', () => resolve());
    });
    t.match(log, /"msg":"listening"/, 'database and services are there');
    const { httpAddress } = JSON.parse(log.split('\n').find((line) => line.includes('"listening"')) ?? '{}') as {
      httpAddress: string;
    };
    t.match(await (await fetch(`http://${httpAddress}/`)).text(), /<script type="module"/, 'and so is the web app');
  });
}
