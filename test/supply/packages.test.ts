import Database from 'better-sqlite3';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { isFresh } from '../chart/fresh.ts';
import { deliveredPackages, root } from './lock.ts';

/** Licences whose code may be part of a work under Apache-2.0, without more than a notice. */
const allowed = new Set([
  'Apache-2.0',
  'MIT',
  'ISC',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  '0BSD',
  'Unlicense',
]);

/** Whether one at least of the licences to choose from is allowed. */
function isAllowed(license: string): boolean {
  const choices = license.replace(/^\((.*)\)$/, '$1').split(' OR ');
  return choices.some((each) => allowed.has(each));
}

const packages = deliveredPackages();

t.test('every package that is delivered has a licence that permits it', async (t) => {
  t.ok(packages.length > 20);
  t.strictSame(
    packages.filter(({ license }) => !isAllowed(license)),
    [],
  );
  t.notOk(isAllowed('GPL-3.0-only'));
  t.notOk(isAllowed('unknown'));
  t.ok(isAllowed('(MIT OR WTFPL)'));
});

t.test('every package is pinned by version and by hash', async (t) => {
  t.strictSame(
    packages.filter(({ integrity }) => integrity?.startsWith('sha512-') !== true),
    [],
  );
  const { dependencies, devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Readonly<
    Record<'dependencies' | 'devDependencies', Readonly<Record<string, string>>>
  >;
  for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies })) {
    t.match(version, /^\d+\.\d+\.\d+$/, name);
  }
});

t.test('the SQLite that is compiled in is none of those with known faults', async (t) => {
  const database = new Database(':memory:');
  t.teardown(() => database.close());
  const found = String(database.prepare('SELECT sqlite_version()').pluck().get());
  const [major = 0, minor = 0, patch = 0] = found.split('.').map(Number);
  // Without CVE-2026-11822 and CVE-2026-11824, and without the write-ahead log whose reset could lose a commit.
  t.ok(major * 1e6 + minor * 1e3 + patch >= 3_053_002, `${found} is 3.53.2 or later`);
});

t.test('the list of licences is of these packages', async (t) => {
  const rows = packages.map(({ name, version, license }) => `| ${name} | ${version} | ${license} |`);
  const head =
    '# Licences of what is delivered\n\nThe npm packages in the images, those that are bundled into the web app included. Made of `package-lock.json`.\n';
  const page = `${head}\n| package | version | licence |\n|---|---|---|\n${rows.join('\n')}\n`;
  isFresh(t, join(root, 'docs', 'LICENCES.md'), page, 'docs/LICENCES.md lists other packages');
});

t.test('the bill of materials lists them all, and no other', async (t) => {
  const text = execFileSync('bash', ['scripts/sbom.sh'], { cwd: root, encoding: 'utf8', maxBuffer: 64 << 20 });
  const { components } = JSON.parse(text) as {
    components: readonly { name: string; group?: string; version: string }[];
  };
  const listed = components.map(({ group, name, version }) => `${group ? `${group}/` : ''}${name}@${version}`);
  const wanted = packages.map(({ name, version }) => `${name}@${version}`);
  t.strictSame(new Set(listed), new Set(wanted));
});
