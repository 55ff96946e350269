import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import t from 'tap';
import { programs, reader, setVariable, written } from './programs.ts';

const read = reader('weir-aggregator', programs['weir-aggregator'] ?? {});

/** What is said of files, by what is in them; the name of the file stands before the line. */
const faults: Readonly<Record<string, string>> = {
  'max-edgs: 5': '1: "max-edgs": there is no such option; did you mean max-edges?',
  'cluster: a\nmaxEdges: 5': '2: "maxEdges": there is no such option; did you mean max-edges?',
  'max_edges: 5': '1: "max_edges": there is no such option; did you mean max-edges?',
  'colour: red': '1: "colour": there is no such option; the options are what --help lists, without their dashes',
  'help: true': '1: "help": there is no such option; the options are what --help lists, without their dashes',
  'config: b.yaml': '1: "config": a file cannot name another; give it as a flag or in the environment',
  'max-edges: many': '1: "max-edges": give a whole number from 1 to 1000000000',
  'max-edges: "5"': '1: "max-edges": give a whole number from 1 to 1000000000',
  'max-edges: 1.5': '1: "max-edges": give a whole number from 1 to 1000000000',
  'max-edges: 0': '1: "max-edges": give a whole number from 1 to 1000000000',
  'cluster: 5': '1: "cluster": give the name of the cluster',
  'cluster:': '1: "cluster": give the name of the cluster',
  'tail: 5': '1: "tail": give a length of time from 1s to 24d, such as 500ms, 15s, 1h30m or 7d',
  'tail: 30d': '1: "tail": give a length of time from 1s to 24d, such as 500ms, 15s, 1h30m or 7d',
  'insecure-transport: yes': '1: "insecure-transport": give true or false',
  'log-level: loud': '1: "log-level": give one of trace, debug, info, warn, error, fatal, silent',
  'listen: 127.0.0.1:1': '1: "listen": give a list',
  'listen: []': '1: "listen": give one or more',
  'pod-cidr:\n  - 10.1.0.0/16\n  - 10.2.0.0': '3: "pod-cidr": give an address block such as 10.244.0.0/16',
  'http-listen: 127.0.0.1:65536': '1: "http-listen": give host:port or [v6 address]:port',
  'keep: 15s=1h,40s=24h': '1: "keep": 40s=24h: make each width a multiple of the one before',
  'tail: 1m\ntail: 2m': '2: "tail" is given twice',
  'tail: 1m\n  cluster: b': '1: Nested mappings are not allowed in compact mappings',
  'cluster: "a': '1: Missing closing "quote',
  '- cluster': '1: not a mapping of options to values',
  'cluster: a\n---\ncluster: b': '3: a second document; give all options in one',
  'database: postgres://weir:hidden@db/weir':
    '1: "database": a password does not belong here; put it in a file and name that: database-password-file',
  'database: postgres://db/weir?user=a&password=hidden':
    '1: "database": a password does not belong here; put it in a file and name that: database-password-file',
};

for (const [content, said] of Object.entries(faults)) {
  t.test(`${JSON.stringify(content)} is refused with file, line and what to give`, async (t) => {
    const path = written(t, content);
    await t.rejects(read(['--config', path]), {
      code: 'CONFIG_INVALID',
      exitStatus: 2,
      message: `The configuration is not valid: ${path}:${said}`,
    });
  });
}

t.test('a file that cannot be read is named with the reason', async (t) => {
  await t.rejects(read(['--config', '/no/such.yaml']), { message: /--config \/no\/such.yaml: ENOENT/, exitStatus: 2 });
  await t.rejects(read(['--config', '/']), { message: /--config \/: EISDIR/ });
  await t.rejects(read(['--config', '/dev/zero']), { message: /--config \/dev\/zero: more than 1048576 bytes/ });
  await t.rejects(read(['--config', written(t, Buffer.from([0xff, 0xfe, 0xff]))]), { message: /name a text file/ });
});

t.test('what a file gives is checked also where a flag counts', async (t) => {
  const path = written(t, 'max-edges: 0\n');
  await t.rejects(read(['--config', path, '--max-edges', '5']), { message: /:1: "max-edges": give a whole number/ });
});

t.test('a value in the environment is named as its variable', async (t) => {
  setVariable(t, 'WEIR_MAX_EDGES', 'many');
  await t.rejects(read([]), { message: /valid: WEIR_MAX_EDGES: give a whole number from 1/ });
  t.equal((await read(['--max-edges', '5']))['maxEdges'], 5);
});

for (const program of Object.keys(programs)) {
  t.test(`${program} ends with what is wrong, and the status of a wrong configuration`, async (t) => {
    const path = written(t, 'cluster: a\nlog-levl: info\n');
    const main = join(import.meta.dirname, '../..', program.replace('weir-', ''), 'main.js');
    const ended = spawnSync(process.execPath, [main, '--config', path], { encoding: 'utf8', timeout: 20_000 });
    t.equal(ended.status, 2);
    const said = `${path}:2: "log-levl": there is no such option; did you mean log-level?`;
    t.equal(ended.stderr, `${program}: The configuration is not valid: ${said}\n`);
  });
}
