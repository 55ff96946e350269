import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parseAllDocuments, stringify } from 'yaml';

const run = promisify(execFile);

export const root = join(import.meta.dirname, '..', '..', '..');
export const chart = join(root, 'charts', 'weir');
export const toolFolders = ['kube-1.32', 'kube-1.36'] as const;
export type ToolFolder = (typeof toolFolders)[number];

export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly [field: string]: unknown;
}

export function toolOf(folder: ToolFolder, name: 'helm' | 'kubectl'): string {
  return join(root, '.tools', folder, name);
}

/** Why there is no helm to run; false when there is. */
export function whyNoHelm(): string | false {
  const missing = toolFolders.filter((folder) => !existsSync(toolOf(folder, 'helm')));
  return missing.length > 0 && `no helm in .tools (${missing.join(', ')}); npm run setup fetches it`;
}

/** Runs helm. @throws Error with what it said, when it fails */
export async function helm(folder: ToolFolder, ...args: readonly string[]): Promise<string> {
  const { stdout } = await run(toolOf(folder, 'helm'), args, { maxBuffer: 32 << 20 });
  return stdout;
}

/** What a release named weir in the namespace weir-system comes to. @param values as in a values file */
export async function render(folder: ToolFolder, values: object): Promise<KubeObject[]> {
  const flags = ['--namespace', 'weir-system', '--values', '-'];
  const child = run(toolOf(folder, 'helm'), ['template', 'weir', chart, ...flags], { maxBuffer: 32 << 20 });
  child.child.stdin?.end(stringify(values));
  const { stdout } = await child;
  return parseAllDocuments(stdout)
    .map((document) => document.toJS() as KubeObject | null)
    .filter((object) => object !== null);
}
