import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { parse } from 'yaml';
import { chart } from './helm.ts';
import { isFresh } from './fresh.ts';
import { valuesPage } from './values-page.ts';

interface Schema {
  readonly type: unknown;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: unknown;
}

const schema = JSON.parse(readFileSync(join(chart, 'values.schema.json'), 'utf8')) as Schema;
const defaults: unknown = parse(readFileSync(join(chart, 'values.yaml'), 'utf8'));

/** Values that Kubernetes or the user gives names to. */
function isOpen({ properties }: Schema): boolean {
  return properties === undefined;
}

function faultsOf(path: string, { properties = {}, ...own }: Schema): string[] {
  const closed =
    isOpen({ properties, ...own }) || Object.keys(properties).length === 0 || own.additionalProperties === false;
  return [
    ...(closed ? [] : [`${path} takes values that nobody knows`]),
    ...(own.description === undefined && path !== 'values' ? [`${path} is not described`] : []),
    ...Object.entries(properties).flatMap(([name, inner]) => faultsOf(`${path}.${name}`, inner)),
  ];
}

/** Paths that one has and the other does not. */
function differences(path: string, { properties }: Schema, value: unknown): string[] {
  if (properties === undefined) return [];
  const given = Object.keys(value ?? {});
  const missing = Object.keys(properties).filter(
    (name) => !given.includes(name) && !['global', 'claims'].includes(name),
  );
  return [
    ...missing.map((name) => `${path}.${name} has no default`),
    ...given.flatMap((name) => {
      const inner = properties[name];
      const next = (value as Readonly<Record<string, unknown>>)[name];
      return inner === undefined ? [`${path}.${name} is in no schema`] : differences(`${path}.${name}`, inner, next);
    }),
  ];
}

t.test('every value is described, has a default, and no other is taken', async (t) => {
  t.strictSame(faultsOf('values', schema), []);
  t.strictSame(differences('values', schema, defaults), []);
});

t.test('the page of the values says what the schema says', async (t) => {
  const made = valuesPage(schema as Parameters<typeof valuesPage>[0], defaults);
  isFresh(t, join(chart, 'VALUES.md'), made, 'charts/weir/VALUES.md is of another schema');
});
