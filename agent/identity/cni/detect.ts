import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { allCnis } from './all.ts';
import type { Cni } from './cni.ts';

/** A CNI that is at work on this node, and what it was recognised by. */
export interface DetectedCni {
  readonly cni: Cni;
  readonly forced: boolean;
  /** For people, such as `plugin calico in 10-calico.conflist`. */
  readonly evidence: readonly string[];
}

const plugin = z.object({ type: z.string() });
/** The parts of a CNI configuration that are read: one plugin, or a list of them. */
const configuration = z.union([
  plugin.transform((one) => [one]),
  z.object({ plugins: z.array(plugin) }).transform(({ plugins }) => plugins),
]);

const configurationFile = /\.(conf|conflist|json)$/;

/** The file that each type of plugin is configured in. What cannot be read tells nothing. */
function configuredPlugins(folder: string): Map<string, string> {
  const found = new Map<string, string>();
  let files: string[];
  try {
    files = readdirSync(folder).filter((name) => configurationFile.test(name));
  } catch {
    return found;
  }
  for (const file of files.toSorted()) {
    try {
      const plugins = configuration.parse(JSON.parse(readFileSync(join(folder, file), 'utf8')));
      for (const { type } of plugins) if (!found.has(type)) found.set(type, file);
    } catch {
      // A runtime leaves a broken file out as well; other evidence remains.
    }
  }
  return found;
}

function evidenceFor(cni: Cni, plugins: ReadonlyMap<string, string>, linkNames: readonly string[]): string[] {
  const configured = cni.plugins.filter((type) => plugins.has(type));
  const link = linkNames.find((name) => cni.links?.test(name));
  return [
    ...configured.map((type) => `plugin ${type} in ${plugins.get(type)}`),
    ...(link === undefined ? [] : [`interface ${link}`]),
    ...cni.paths.filter((path) => existsSync(path)),
  ];
}

/**
 * The CNIs at work on this node, in the order of the list: more than one where they are chained.
 * @param forced name of the only one to reckon with; null to look for evidence
 * @param folder of the node's CNI configuration
 */
export function detectCnis(forced: string | null, folder: string, linkNames: readonly string[]): DetectedCni[] {
  const plugins = configuredPlugins(folder);
  return allCnis.flatMap((cni): DetectedCni[] => {
    const evidence = evidenceFor(cni, plugins, linkNames);
    if (forced !== null) return cni.name === forced ? [{ cni, forced: true, evidence }] : [];
    return evidence.length > 0 ? [{ cni, forced: false, evidence }] : [];
  });
}
