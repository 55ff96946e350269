/**
 * Puts what the image of one part holds into a folder: node scripts/images/tree.js agent|aggregator|cli FOLDER. It is
 * taken from what scripts/build.sh built: the part's rooms, and the npm packages that they import, with what these need.
 */
import { copyFileSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import ts from 'typescript';

const shared = ['config', 'core', 'kube', 'policy', 'proto', 'tls'];
const rooms = { agent: ['agent', 'native'], aggregator: ['aggregator'], cli: ['cli'] };
const besides = {
  agent: ['bpf/LICENSE', 'native/build/weir.bpf.o', 'native/build/Release/weir_native.node'],
  aggregator: ['dist/ui/index.html', 'dist/ui/assets'],
  cli: [],
};

// Of a package only what runs and its licence: no sources, types, maps, tests, or traces of compilers.
const running = new Set(['.js', '.cjs', '.mjs', '.json', '.node', '.proto']);
const licence = /^(licen[cs]e|copying|notice)/i;
const idle = /^(test|tests|test_extension\.node|benchmarks?|bench|examples?|docs|node_modules|obj|obj\.target|\..*)$/;

const lock = JSON.parse(readFileSync('package-lock.json', 'utf8')).packages;

/** Packages that the compiled files below a folder import. */
function importedBy(folder) {
  const files = readdirSync(folder, { recursive: true }).filter((name) => name.endsWith('.js'));
  const modules = files.flatMap((name) =>
    ts.preProcessFile(readFileSync(join(folder, name), 'utf8'), true, true).importedFiles.map((each) => each.fileName),
  );
  return modules
    .filter((name) => /^[@a-z]/.test(name) && !name.startsWith('node:'))
    .map((name) => /^(@[^/]+\/)?[^/]+/.exec(name)[0]);
}

/** Where Node.js finds a package that the one at `from` imports: inside it, beside it, or further up. */
function placeOf(name, from) {
  for (let folder = from; folder !== '.'; folder = dirname(folder)) {
    const place = join(folder, 'node_modules', name);
    if (lock[place] !== undefined) return place;
  }
  const place = join('node_modules', name);
  return lock[place] === undefined ? null : place;
}

/** Places of the packages and of all that they depend on. An optional one may be missing, and is then left out. */
function withDependencies(names) {
  const places = new Set();
  const waiting = names.map((name) => ({ name, from: '.' }));
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const place = placeOf(next.name, next.from);
    if (place === null) throw new Error(`package-lock.json does not know ${next.name}, which ${next.from} needs`);
    if (places.has(place)) continue;
    places.add(place);
    waiting.push(...Object.keys(lock[place].dependencies ?? {}).map((name) => ({ name, from: place })));
  }
  return places;
}

/** Copies those files below a folder that are wanted, and no folder that would be empty. */
function copy(from, to, isWanted, isIdle = () => false) {
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) {
      if (!isIdle(entry.name)) copy(source, target, isWanted, isIdle);
    } else if (isWanted(entry.name) && !isIdle(entry.name)) {
      mkdirSync(to, { recursive: true });
      copyFileSync(source, target);
    }
  }
}

const [part, folder] = process.argv.slice(2);
if (rooms[part] === undefined || folder === undefined) {
  throw new Error(`give one of ${Object.keys(rooms).join(', ')}, and a folder`);
}
rmSync(folder, { recursive: true, force: true });
const compiled = [...shared, ...rooms[part]].map((room) => join('dist', room));
for (const room of compiled) copy(room, join(folder, room), (name) => !name.endsWith('.map'));
for (const path of ['package.json', 'LICENSE', 'proto/weir', 'proto/runtime', ...besides[part]]) {
  cpSync(path, join(folder, path), { recursive: true });
}
for (const place of withDependencies(compiled.flatMap(importedBy))) {
  copy(
    place,
    join(folder, place),
    (name) => running.has(extname(name)) || licence.test(name),
    (name) => idle.test(name),
  );
}
