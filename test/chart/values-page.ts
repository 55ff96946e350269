/** The parts of a JSON schema that the chart's has. */
interface Schema {
  readonly type: string | readonly string[];
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly enum?: readonly string[];
}

interface Row {
  readonly path: string;
  readonly schema: Schema;
  readonly value: unknown;
}

function rowsOf(schema: Schema, value: unknown, path: string): Row[] {
  const entries = Object.entries(schema.properties ?? {});
  if (entries.length === 0) return [{ path, schema, value }];
  return entries.flatMap(([name, inner]) =>
    rowsOf(
      inner,
      (value as Readonly<Record<string, unknown>> | undefined)?.[name],
      path === '' ? name : `${path}.${name}`,
    ),
  );
}

function cell({ path, schema, value }: Row): string {
  const oneOf = schema.enum === undefined ? '' : ` One of ${schema.enum.map((each) => `\`${each}\``).join(', ')}.`;
  const text = `${schema.description ?? ''}${oneOf}`.replaceAll('|', '\\|');
  const shown = value === undefined ? '' : `\`${JSON.stringify(value)}\``;
  return `| \`${path}\` | ${shown} | ${text} |`;
}

/** The page that describes each value, after the schema and the defaults. */
export function valuesPage(schema: Schema, defaults: unknown): string {
  const sections = Object.entries(schema.properties ?? {}).map(([name, inner]) => {
    const rows = rowsOf(inner, (defaults as Readonly<Record<string, unknown>>)[name], name);
    return { inner, name, rows };
  });
  const single = sections.filter(({ inner }) => inner.properties === undefined);
  const grouped = sections.filter(({ inner }) => inner.properties !== undefined);
  const head = '| value | default | meaning |\n|---|---|---|\n';
  const table = (rows: readonly Row[]) => `${head}${rows.map(cell).join('\n')}\n`;
  return [
    '# Values of the chart',
    'Made of `values.schema.json` and `values.yaml`. Values that are not listed here are refused.',
    table(single.flatMap(({ rows }) => rows)),
    ...grouped.flatMap(({ name, inner, rows }) => [`## ${name}`, inner.description ?? '', table(rows)]),
  ]
    .join('\n\n')
    .replaceAll('\n\n\n', '\n\n');
}
