import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf, WeirError } from '../../core/errors.ts';
import { decodeEdge } from '../../proto/convert-edge.ts';
import type { Connection } from '../../proto/services.ts';
import type * as wire from '../../proto/wire.ts';
import { deadline } from '../aggregator.ts';
import { coverageLines } from '../coverage.ts';
import { parseWorkload, rangeOf, type ScopeOptions } from '../question.ts';
import { renderTable } from '../table.ts';
import type { Terminal } from '../terminal.ts';
import { ageText, edgeText, plural, printable, workloadText } from '../text.ts';

export interface GenerateOptions extends Omit<ScopeOptions, 'workload'> {
  readonly ingress?: true;
  readonly egress?: true;
  readonly output: string;
  readonly outputDir?: string;
}

function ruleRows(answer: wire.GenerateResponse, now: number): string[][] {
  return answer.policies.flatMap(({ workload, name, rules }) =>
    rules.map(({ direction, summary, edges, connections, lastSeenUnixMs }) => [
      `${workload?.namespace ?? ''}/${name}`,
      direction,
      summary,
      String(edges),
      String(connections),
      ageText(lastSeenUnixMs, now),
    ]),
  );
}

/** What a person has to know before applying: left out, caught too, coverage, replay. */
function remarks(answer: wire.GenerateResponse): string[] {
  const { policies, excluded, skipped, coverage, replay } = answer;
  const notes = policies.flatMap(({ name, notes: each, alsoSelects }) => [
    ...each.map((note) => `${name}: ${note}`),
    ...alsoSelects.map((workload) => `${name} selects ${workloadText(workload)} too`),
  ]);
  const leftOut = excluded.map(({ edge, direction, reason }) =>
    edge === null ? reason : `no ${direction} rule for ${edgeText(decodeEdge(edge))}: ${reason}`,
  );
  const without = skipped.map(({ workload, reason }) => `no policy for ${workloadText(workload)}: ${reason}`);
  const result =
    replay === null
      ? []
      : [`replayed ${plural(replay.flows, 'flow')}: ${replay.allowed} allowed, ${replay.denied} would be denied`];
  const made = `${plural(policies.length, 'policy', 'policies')} from ${coverageLines(coverage)[0] ?? ''}`;
  return [
    made,
    ...result,
    ...[...without, ...leftOut, ...notes, ...coverageLines(coverage).slice(1)].map((x) => `! ${x}`),
  ];
}

function writeFiles(folder: string, policies: readonly wire.GeneratedPolicy[]): string[] {
  try {
    mkdirSync(folder, { recursive: true });
    return policies.map(({ workload, name, yaml }) => {
      // Names that the API server takes hold no other characters; a name must not lead out of the folder.
      const file = join(folder, `${workload?.namespace ?? 'default'}-${name}.yaml`.replaceAll(/[^\w.-]/g, '_'));
      writeFileSync(file, yaml);
      return file;
    });
  } catch (error) {
    const what = `--output-dir ${folder}: ${messageOf(error)}; name a folder that can be written`;
    throw new WeirError('USAGE', what, { cause: error });
  }
}

/** Makes policies for a workload, a namespace, or all; YAML on standard output, remarks on standard error. */
export async function generatePolicies(
  connection: Connection,
  terminal: Terminal,
  workload: string | undefined,
  options: GenerateOptions,
): Promise<void> {
  const { cluster, namespace, output, outputDir } = options;
  const now = Date.now();
  const both = options.ingress === undefined && options.egress === undefined;
  const answer = await connection.policy.generate(
    {
      cluster,
      scope: {
        namespace: namespace ?? '',
        workload: workload === undefined ? null : parseWorkload(workload, namespace),
      },
      range: rangeOf(options, now),
      ingress: both || options.ingress === true,
      egress: both || options.egress === true,
    },
    deadline(),
  );
  if (outputDir !== undefined)
    for (const file of writeFiles(outputDir, answer.policies)) terminal.remark(`wrote ${file}`);
  else if (output === 'json') terminal.json(answer);
  else if (output === 'table') {
    const headings = ['POLICY', 'DIRECTION', 'RULE', 'EDGES', 'CONNECTIONS', 'LAST SEEN'];
    terminal.print(renderTable(headings, ruleRows(answer, now)));
  } else terminal.data(answer.yaml);
  for (const line of remarks(answer)) terminal.remark(printable(line));
}
