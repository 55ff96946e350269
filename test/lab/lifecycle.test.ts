import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import tap from 'tap';
import { Lab } from '../../lab/lab.ts';
import { leftOf, nothingLeft } from './left.ts';
import { whyNoLab } from './privileged.ts';

const main = fileURLToPath(new URL('../../lab/main.js', import.meta.url));

/** Everything of the machine's own network that a lab could have touched. */
function machine(): string {
  const show = (...argv: string[]) => execFileSync(argv[0] as string, argv.slice(1), { encoding: 'utf8' });
  return [
    // Labs of other tests may come and go meanwhile, but in namespaces of their own.
    show('ip', '-o', 'link', 'show'),
    show('ip', 'route', 'show', 'table', 'all'),
    show('nft', 'list', 'ruleset'),
    readFileSync('/proc/sys/net/ipv4/ip_forward', 'utf8'),
    readFileSync('/proc/sys/net/ipv4/conf/all/rp_filter', 'utf8'),
    readFileSync('/etc/resolv.conf', 'utf8'),
    // So may the small disks of other tests, by the name of their source.
    readFileSync('/proc/self/mountinfo', 'utf8').replaceAll(/^.* (\/run\/netns|- tmpfs weir-test ).*$\n/gm, ''),
  ].join('\n');
}

/** Starts `lab up` in a process of its own and waits until it says that everything runs. */
async function up(name: string, ...flags: readonly string[]) {
  const child = spawn(process.execPath, [main, 'up', '--name', name, ...flags], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.setEncoding('utf8');
  await new Promise<void>((resolve, reject) => {
    child.stderr.on('data', (text: string) => {
      said += text;
      if (said.includes('pods run and talk')) resolve();
    });
    child.once('exit', () => reject(new Error(`lab up ended: ${said}`)));
  });
  return child;
}

tap.setTimeout(180_000);

await tap.test('the life of a lab', { skip: whyNoLab() }, async (suite) => {
  const before = machine();
  const ended = async (child: ReturnType<typeof spawn>) => child.exitCode ?? (await once(child, 'exit'));

  await suite.test('a lab comes up and goes down without a trace', async (t) => {
    const lab = await Lab.start({ name: 'lifecycle' });
    t.ok(lab.pods.length >= 24, `${lab.pods.length} pods`);
    t.equal(leftOf('lifecycle').netns.length, lab.pods.length + lab.nodes.length + 1);
    t.equal(machine(), before, 'while it runs the machine itself is as it was');
    await lab.stop();
    t.strictSame(leftOf('lifecycle'), nothingLeft);
    t.equal(machine(), before);
  });

  await suite.test('SIGINT removes everything', async (t) => {
    const child = await up('lifecycle');
    child.kill('SIGINT');
    await ended(child);
    t.strictSame(leftOf('lifecycle'), nothingLeft);
  });

  await suite.test('SIGTERM in the middle of the start removes everything', async (t) => {
    const child = spawn(process.execPath, [main, 'up', '--name', 'lifecycle'], { stdio: ['ignore', 'ignore', 'pipe'] });
    await once(child.stderr, 'data');
    child.kill('SIGTERM');
    await ended(child);
    t.strictSame(leftOf('lifecycle'), nothingLeft);
  });

  await suite.test('what kill -9 leaves is removed by the next start', async (t) => {
    const child = await up('lifecycle');
    child.kill('SIGKILL');
    await ended(child);
    const orphans = leftOf('lifecycle').processes;
    t.ok(orphans.length > 0, 'its servers were left behind');
    const lab = await Lab.start({ name: 'lifecycle' });
    t.ok(
      leftOf('lifecycle').processes.every((pid) => !orphans.includes(pid)),
      'none of them is left',
    );
    await lab.stop();
    t.strictSame(leftOf('lifecycle'), nothingLeft);
  });

  for (const cni of ['cilium', 'ovs']) {
    await suite.test(`what kill -9 leaves of a lab wired as ${cni} wires pods is removed too`, async (t) => {
      const child = await up('lifecycle', '--cni', cni, '--nodes', '1');
      child.kill('SIGKILL');
      await ended(child);
      t.not(leftOf('lifecycle').inKernel.length, 0, 'its cgroups were left behind');
      execFileSync(process.execPath, [main, 'down', '--name', 'lifecycle'], { stdio: 'pipe' });
      t.strictSame(leftOf('lifecycle'), nothingLeft);
    });
  }

  await suite.test('a CNI or a number of nodes that there is not is named, with what there is', async (t) => {
    for (const [flag, value, choices] of [
      ['--cni', 'flannel', 'calico, weave, cilium, ovs'],
      ['--nodes', '3', '1, 2'],
    ] as const) {
      const { status, stderr } = spawnSync(process.execPath, [main, 'up', flag, value], { encoding: 'utf8' });
      t.equal(status, 1);
      t.match(stderr, `${value}' is invalid. Allowed choices are ${choices}`);
    }
  });

  await suite.test('a lab of the same name that still runs is asked to stop and then taken over', async (t) => {
    const first = await up('lifecycle');
    const messages: string[] = [];
    const lab = await Lab.start({ name: 'lifecycle', onProgress: (message) => messages.push(message) });
    t.match(messages[0], /still runs \(process \d+\): asking it to stop/);
    t.equal(first.exitCode, 0, 'the first has ended by itself');
    await lab.stop();
    t.strictSame(leftOf('lifecycle'), nothingLeft);
  });

  await suite.test('a state directory with something else in it is refused and left alone', async (t) => {
    const dir = t.testdir({ precious: 'x' });
    await t.rejects(Lab.start({ name: 'lifecycle', stateDir: dir }), { code: 'LAB', message: /is not empty/ });
    t.strictSame(readdirSync(dir), ['precious']);
    t.strictSame(leftOf('lifecycle'), nothingLeft);
  });

  suite.equal(machine(), before, 'the machine is as it was');
});
