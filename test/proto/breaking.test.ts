import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';

const root = join(import.meta.dirname, '..', '..', '..');

t.test('a change that breaks what was released is found, one that suits it is not', async (t) => {
  const folder = t.testdir();
  const git = (...argv: string[]) => {
    const who = ['-c', 'user.name=Weir', '-c', 'user.email=weir@example.com'];
    execFileSync('git', [...who, ...argv], { cwd: folder, stdio: 'pipe' });
  };
  for (const path of ['proto/weir', 'buf.yaml', 'scripts/lint-wire.sh']) {
    cpSync(join(root, path), join(folder, path), { recursive: true });
  }
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(join(root, 'node_modules', '.bin'), join(folder, 'node_modules', '.bin'));
  const lint = () => spawnSync('bash', ['scripts/lint-wire.sh'], { cwd: folder, encoding: 'utf8' });
  const proto = join(folder, 'proto/weir/v1/ingest.proto');
  const released = readFileSync(proto, 'utf8');
  git('init', '--quiet');
  writeFileSync(join(folder, '.gitignore'), 'node_modules\n');
  git('add', '.');
  git('commit', '--quiet', '--message', 'Release');
  const broken = released.replace('string node = 2;', 'uint64 node = 2;');
  t.not(broken, released);

  writeFileSync(proto, broken);
  t.equal(lint().status, 0, 'before the first release everything may change');
  writeFileSync(proto, released);
  git('tag', 'v0.1.0');
  t.equal(lint().status, 0, 'nothing has changed');
  writeFileSync(proto, released.replace('message Hello {', 'message Hello {\n  string more = 100;'));
  t.equal(lint().status, 0, 'a new field suits it');
  writeFileSync(proto, broken);
  const { status, stdout } = lint();
  t.not(status, 0);
  t.match(stdout, /Field "2" with name "node" on message "Hello" changed type/);
});
