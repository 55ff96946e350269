import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import t from 'tap';
import { errorTable } from '../../core/errors.ts';
import { allowCart } from '../aggregator/observed.ts';
import { documents } from '../docs/blocks.ts';
import { commandsOf, filesOf } from './documents.ts';
import { root, toolOf, whyNoHelm } from './helm.ts';

const skip = whyNoHelm();
const commands = documents.flatMap(commandsOf);
const startingWith = (start: string) => commands.filter((command) => command.startsWith(start));

function run(program: string, args: readonly string[], cwd = root) {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8', cwd });
  return { status, text: `${stdout}${stderr}` };
}

t.test('Helm takes the values of each installation and upgrade', { skip }, async (t) => {
  for (const command of commands.filter((each) => /^helm (install|upgrade) /.test(each))) {
    const args = command
      .split(' ')
      .slice(2)
      .filter((word) => !['--create-namespace', '--reuse-values'].includes(word));
    const { status, text } = run(toolOf('kube-1.36', 'helm'), ['template', ...args]);
    t.equal(status, 0, `${command}\n${text.slice(0, 500)}`);
  }
});

t.test('kubectl takes each command, and makes what it is said to make', { skip }, async (t) => {
  const kubectl = toolOf('kube-1.36', 'kubectl');
  for (const command of startingWith('kubectl create ')) {
    const { status, text } = run(kubectl, [...command.split(' ').slice(1), '--dry-run=client', '-o', 'yaml']);
    t.equal(status, 0, `${command}\n${text}`);
  }
  const folder = t.testdir({
    ...Object.fromEntries(documents.flatMap(filesOf)),
    'weir-copy.db': '',
    'cart.yaml': allowCart,
  });
  for (const command of startingWith('kubectl ').filter((each) => !each.startsWith('kubectl create '))) {
    const [words = ''] = command.split(/ [|>] /);
    const server = ['--server=http://127.0.0.1:1', '--request-timeout=1s'];
    // Behind ` -- ` is what runs in the pod.
    const [own = '', ...inPod] = words.split(/(?= -- )/);
    const { text } = run(
      kubectl,
      [...own.split(' ').slice(1), ...server, ...inPod.join('').split(' ').slice(1)],
      folder,
    );
    t.match(text, /refused|127\.0\.0\.1:1/, `${command}: it is the server that is missing`);
    t.notMatch(text, /unknown (flag|command)/, command);
  }
});

t.test('links lead somewhere, and messages are ones that there are', async (t) => {
  for (const document of documents) {
    const text = readFileSync(join(root, document), 'utf8');
    for (const [, link = ''] of text.matchAll(/\]\((?!https?:)([^)#]+)[^)]*\)/g)) {
      t.ok(existsSync(join(root, dirname(document), link)), `${document}: ${link}`);
    }
  }
  const texts = Object.values(errorTable).map((row) => row.text);
  const page = readFileSync(join(root, 'docs', 'TROUBLESHOOTING.md'), 'utf8');
  for (const message of [
    'It is not known who asks',
    'This is not allowed',
    'The Kubernetes API did not say who may do this',
    'Another agent watches this node',
    'The kernel offers no BTF type information',
    'The agent reports for a node that it does not run on',
  ] as const) {
    t.ok(
      texts.some((known) => known === message),
      message,
    );
    t.ok(page.includes(message), message);
  }
});
