import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { importFaults } from './rules.ts';

const root = join(import.meta.dirname, '../../..');
const notSource = new Set(['node_modules', 'dist']);

function sourceTree(): Map<string, string> {
  const rooms = readdirSync(root, { withFileTypes: true }).filter(
    (entry) => entry.isDirectory() && !entry.name.startsWith('.') && !notSource.has(entry.name),
  );
  const paths = rooms.flatMap(({ name }) =>
    readdirSync(join(root, name), { recursive: true, encoding: 'utf8' }).map((path) => `${name}/${path}`),
  );
  const sources = paths.filter((path) => /\.tsx?$/.test(path) && !path.startsWith('native/build/'));
  return new Map(sources.map((path) => [path, readFileSync(join(root, path), 'utf8')]));
}

t.test('the rooms import one way, without circles', async (t) => {
  const tree = sourceTree();
  for (const room of [
    'core',
    'policy',
    'proto',
    'agent',
    'aggregator',
    'cli',
    'lab',
    'native',
    'kube',
    'test',
    'bench',
    'ui',
  ]) {
    t.ok(
      [...tree.keys()].some((path) => path.startsWith(`${room}/`)),
      `${room}/ was read`,
    );
  }
  t.strictSame(importFaults(tree), []);
});

t.test('each violation is found', async (t) => {
  const trees: Readonly<Record<string, Readonly<Record<string, string>>>> = {
    'core/a.ts imports policy/b.ts: core/ may not import from policy/': {
      'core/a.ts': "import { b } from '../policy/b.ts';",
      'policy/b.ts': 'export const b = 1;',
    },
    'policy/evaluate/a.ts imports policy/replay/b.ts: policy/evaluate/ may not import from policy/replay/': {
      'policy/evaluate/a.ts': "import type { B } from '../replay/b.ts';",
    },
    'agent/a.ts imports aggregator/b.ts: agent/ may not import from aggregator/': {
      'agent/a.ts': "import type { B } from '../aggregator/b.ts';",
    },
    'aggregator/a/b.ts imports agent/c.ts: aggregator/ may not import from agent/': {
      'aggregator/a/b.ts': "export { c } from '../../agent/c.ts';",
    },
    'lab/a.ts imports agent/main.ts: lab/ may not import from agent/': {
      'lab/a.ts': "const main = await import('../agent/main.ts');",
    },
    'core/a.ts imports node:fs: core/ computes only and may not use node:fs': {
      'core/a.ts': "import { readFileSync } from 'node:fs';",
    },
    'policy/a.ts imports @grpc/grpc-js: policy/ computes only and may not use @grpc/grpc-js': {
      'policy/a.ts': "import { Client } from '@grpc/grpc-js/build/src/client.js';",
    },
    'cli/a.ts imports shared/b.ts: cli/ may not import from shared/': { 'cli/a.ts': "import '../shared/b.ts';" },
    'shared/a.ts imports core/b.ts: shared/ is not a room': { 'shared/a.ts': "import '../core/b.ts';" },
    'aggregator/api/a.ts imports aggregator/store/sqlite-store.ts: only a main.ts may choose a driver': {
      'aggregator/api/a.ts': "import { SqliteStore } from '../store/sqlite-store.ts';",
    },
    'aggregator/aggregator.ts imports aggregator/kube/api.ts: only a main.ts may choose a driver': {
      'aggregator/aggregator.ts': "import { ApiCluster } from './kube/api.ts';",
    },
    'ui/src/a.tsx imports proto/b.ts: ui/ may import types only from proto/': {
      'ui/src/a.tsx': "import { b } from '../../proto/b.ts';",
    },
    'ui/src/a.ts imports aggregator/b.ts: ui/ may not import from aggregator/': {
      'ui/src/a.ts': "import type { B } from '../../aggregator/b.ts';",
    },
    'kube/a.ts imports proto/b.ts: kube/ may not import from proto/': { 'kube/a.ts': "import '../proto/b.ts';" },
    'files import each other in a circle: core/a.ts -> core/b.ts -> core/c.ts -> core/a.ts': {
      'core/a.ts': "import './b.ts';",
      'core/b.ts': "import type { C } from './c.ts';",
      'core/c.ts': "export * from './a.ts';",
    },
  };
  for (const [fault, files] of Object.entries(trees))
    t.strictSame(importFaults(new Map(Object.entries(files))), [fault]);
});

t.test('what the rooms may do is no violation', async (t) => {
  const tree = new Map([
    ['core/a.ts', "import ipaddr from 'ipaddr.js';"],
    ['agent/main.ts', "import '../core/a.ts'; import '../native/native.ts'; import 'node:fs';"],
    ['aggregator/main.ts', "import './store/sqlite-store.ts';"],
    ['aggregator/store/sqlite-store.ts', "import Database from 'better-sqlite3'; import './sqlite-schema.ts';"],
    ['test/cli/a.test.ts', "import '../../aggregator/store/sqlite-store.ts';"],
    ['bench/a.ts', "import '../native/native.ts'; import '../test/agent/b.ts';"],
    ['agent/identity/a.ts', "import '../../kube/client.ts';"],
    ['aggregator/kube/first-state.ts', "import type { ClusterSource } from './source.ts';"],
    ['ui/src/a.tsx', "import type { B } from '../../proto/b.ts'; import { c } from './c.ts';"],
    ['core/text.ts', 'const text = "import \'../agent/a.ts\'";'],
  ]);
  t.strictSame(importFaults(tree), []);
});
