import { cycleIn, type Import, importsOf } from './imports.ts';

/** Which rooms a room may import from, besides itself. Rooms that are not named here may not exist. */
export const mayImport: Readonly<Record<string, readonly string[]>> = {
  core: [],
  policy: ['core'],
  proto: ['core', 'policy'],
  native: ['core'],
  kube: ['core'],
  tls: ['core'],
  config: ['core'],
  agent: ['core', 'proto', 'native', 'kube', 'tls', 'config'],
  aggregator: ['core', 'policy', 'proto', 'kube', 'tls', 'config'],
  cli: ['core', 'policy', 'proto', 'kube', 'tls'],
  lab: ['core', 'policy', 'proto'],
  ui: ['core', 'policy', 'proto'],
};

/** Which folders of policy/ a folder of it may import from, besides itself. */
const policyMayImport: Readonly<Record<string, readonly string[]>> = {
  evaluate: [],
  generate: ['evaluate'],
  reach: ['evaluate'],
  print: ['evaluate', 'generate'],
  replay: ['evaluate', 'generate', 'reach'],
  explain: ['evaluate', 'replay'],
  rollout: ['evaluate', 'print', 'replay'],
};

/** Rooms that take types from the others and nothing that runs: what they need in a browser is their own. */
const typeOnlyRooms = new Set(['ui']);

/** Rooms that no other imports from, and that may import from all. */
export const outside = new Set(['test', 'bench']);

/** Rooms that compute only: they may use these modules and packages, none of which reads, writes or waits. */
const pureRooms = new Set(['core', 'policy']);
const pureModules = new Set([
  'croner',
  'dequal',
  'diff',
  'node:crypto',
  'node:util',
  'ipaddr.js',
  'lru-cache',
  'yaml',
  'zod',
]);

/** Files that reach the world behind an interface; apart from their own folder only a main.ts may choose one. */
const drivers =
  /^aggregator\/(store\/(sqlite|postgres)[^/]*|kube\/(api|files))\.ts$|^agent\/(source\/kernel|identity\/api-node-pods)\.ts$/;

function roomOf(path: string): string {
  return path.split('/')[0] ?? '';
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}

function faultOf({ from, to, local, typeOnly }: Import): string | null {
  const room = roomOf(from);
  if (outside.has(room)) return null;
  const allowed = mayImport[room];
  if (allowed === undefined) return `${room}/ is not a room`;
  if (!local)
    return pureRooms.has(room) && !pureModules.has(to) ? `${room}/ computes only and may not use ${to}` : null;
  const target = roomOf(to);
  if (target !== room && !allowed.includes(target)) return `${room}/ may not import from ${target}/`;
  if (target !== room && typeOnlyRooms.has(room) && !typeOnly) return `${room}/ may import types only from ${target}/`;
  if (room === 'policy' && target === room) {
    const [own, other] = [from, to].map((path) => path.split('/')[1] ?? '');
    if (own !== other && !(policyMayImport[own ?? '']?.includes(other ?? '') ?? false))
      return `policy/${own}/ may not import from policy/${other}/`;
  }
  const chooses = drivers.test(to) && folderOf(from) !== folderOf(to) && !from.endsWith('/main.ts');
  return chooses ? 'only a main.ts may choose a driver' : null;
}

/** What is wrong with the imports of a tree, one sentence each. @param files source texts by path from the root */
export function importFaults(files: ReadonlyMap<string, string>): string[] {
  const imports = importsOf(files);
  const faults = imports.flatMap((each) => {
    const fault = faultOf(each);
    return fault === null ? [] : [`${each.from} imports ${each.to}: ${fault}`];
  });
  const cycle = cycleIn(imports);
  return cycle === null ? faults : [...faults, `files import each other in a circle: ${cycle.join(' -> ')}`];
}
