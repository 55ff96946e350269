/**
 * Takes a CycloneDX bill of materials of all packages and writes one of those that are delivered: what runs needs, and
 * what is bundled into the web app, which are packages for development.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const bom = JSON.parse(readFileSync(0, 'utf8'));
const sources = readdirSync('ui/src', { recursive: true }).filter((name) => /\.tsx?$/.test(name));
const imported = new Set(
  sources.flatMap((name) =>
    [...readFileSync(join('ui/src', name), 'utf8').matchAll(/from '(@[^/']+\/[^/']+|[^./'][^/']*)/g)].map(
      ([, it]) => it,
    ),
  ),
);
const isForDevelopment = ({ properties }) => properties.some(({ name }) => name === 'cdx:npm:package:development');
const dependsOn = new Map(bom.dependencies.map(({ ref, dependsOn: refs }) => [ref, refs]));

const delivered = new Set(bom.components.filter((each) => !isForDevelopment(each)).map((each) => each['bom-ref']));
const root = dependsOn.get(bom.metadata.component['bom-ref']) ?? [];
const waiting = root.filter((ref) => imported.has(ref.slice(0, ref.lastIndexOf('@'))));
for (let ref = waiting.pop(); ref !== undefined; ref = waiting.pop()) {
  if (delivered.has(ref)) continue;
  delivered.add(ref);
  waiting.push(...(dependsOn.get(ref) ?? []));
}
bom.components = bom.components.filter((each) => delivered.has(each['bom-ref']));
delivered.add(bom.metadata.component['bom-ref']);
bom.dependencies = bom.dependencies
  .filter(({ ref }) => delivered.has(ref))
  .map(({ ref, dependsOn: refs }) => ({ ref, dependsOn: refs.filter((each) => delivered.has(each)) }));
process.stdout.write(`${JSON.stringify(bom, null, 2)}\n`);
