import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { stringify } from 'yaml';
import type { Manifest } from './manifest.ts';

/** One file for each kind and namespace: `shop-pods.yaml`, `nodes.yaml`. */
function fileOf({ kind, metadata }: Manifest): string {
  const plural = kind.endsWith('y') ? `${kind.slice(0, -1)}ies` : `${kind}s`;
  return `${metadata.namespace === undefined ? '' : `${metadata.namespace}-`}${plural.toLowerCase()}.yaml`;
}

/**
 * Makes a directory hold exactly these objects, as `kubectl get -o yaml` prints them. Each file is replaced as a whole,
 * and left alone when nothing in it has changed.
 */
export async function writeManifests(directory: string, manifests: readonly Manifest[]): Promise<void> {
  await mkdir(directory, { recursive: true });
  const files = new Map<string, Manifest[]>();
  for (const manifest of manifests) {
    const name = fileOf(manifest);
    files.set(name, [...(files.get(name) ?? []), manifest]);
  }
  for (const [name, items] of files) {
    const text = stringify({ apiVersion: 'v1', items, kind: 'List', metadata: { resourceVersion: '' } });
    const path = `${directory}/${name}`;
    const before = await readFile(path, 'utf8').catch(() => null);
    if (before === text) continue;
    // The leading dot keeps the unfinished file from whoever reads the directory.
    const unfinished = `${directory}/.${name}.unfinished`;
    await writeFile(unfinished, text);
    await rename(unfinished, path);
  }
  for (const name of await readdir(directory)) {
    if (name.endsWith('.yaml') && !files.has(name)) await rm(`${directory}/${name}`);
  }
}
