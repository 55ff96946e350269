import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const root = join(import.meta.dirname, '..', '..', '..');

export interface LockedPackage {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly integrity: string | null;
}

interface Entry {
  readonly version: string;
  readonly license?: string;
  readonly integrity?: string;
  readonly dev?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
}

type Lock = Readonly<Record<string, Entry>>;

/** Where npm finds a package that another names: beside it, or further up. */
function resolve(lock: Lock, from: string, name: string): string | null {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')))) {
    const path = folder === '' ? `node_modules/${name}` : `${folder}/node_modules/${name}`;
    if (lock[path] !== undefined) return path;
    if (folder === '' || !folder.includes('/node_modules/')) {
      return lock[`node_modules/${name}`] === undefined ? null : `node_modules/${name}`;
    }
  }
}

/** Paths of the packages that the web app imports, and of those that they need: they are bundled into it. */
function bundled(lock: Lock): ReadonlySet<string> {
  const folder = join(root, 'ui', 'src');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => /\.tsx?$/.test(name));
  const text = files.map((name) => readFileSync(join(folder, name), 'utf8')).join('\n');
  const names = [...text.matchAll(/from '(@[^/']+\/[^/']+|[^./'][^/']*)/g)].map(([, name = '']) => name);
  const found = new Set<string>();
  const add = (from: string, name: string): void => {
    const path = resolve(lock, from, name);
    if (path === null || found.has(path)) return;
    found.add(path);
    for (const each of Object.keys(lock[path]?.dependencies ?? {})) add(path, each);
  };
  for (const name of new Set(names)) add('', name);
  return found;
}

/** The packages that images hold: what runs needs, and what is bundled into the web app. By name. */
export function deliveredPackages(): LockedPackage[] {
  const { packages: lock } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as { packages: Lock };
  const inWebApp = bundled(lock);
  const packages = Object.entries(lock)
    .filter(([path, { dev = false }]) => path !== '' && (!dev || inWebApp.has(path)))
    .map(([path, { version, license = 'unknown', integrity = null }]) => ({
      name: path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length),
      version,
      license,
      integrity,
    }));
  return packages.toSorted((a, b) => `${a.name}@${a.version}`.localeCompare(`${b.name}@${b.version}`, 'en'));
}
