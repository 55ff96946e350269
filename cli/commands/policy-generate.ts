import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { errorTable, messageOf, WeirError } from '../../core/errors.ts';
import { pathPart } from '../../policy/print/policy-files.ts';
import { decodeEdge } from '../../proto/convert-edge.ts';
import type { Connection } from '../../proto/services.ts';
import type * as wire from '../../proto/wire.ts';
import { deadline } from '../aggregator.ts';
import { coverageLines } from '../coverage.ts';
import { requestedRules, type RuleOptions } from '../generate-request.ts';
import { generateOffline } from '../generate-offline.ts';
import { remarkProblems } from '../manifest-set.ts';
import type { OfflineSources } from '../offline.ts';
import { parseWorkload, rangeOf, type ScopeOptions } from '../question.ts';
import { renderTable } from '../table.ts';
import type { Terminal } from '../terminal.ts';
import { ageText, edgeText, plural, printable, workloadText } from '../text.ts';

export interface GenerateOptions extends Omit<ScopeOptions, 'workload'>, RuleOptions, Partial<OfflineSources> {
  readonly service?: string;
  readonly ingress?: true;
  readonly egress?: true;
  readonly output: string;
  readonly outputDir?: string;
  readonly kustomize: boolean;
}

function ruleRows(answer: wire.GenerateResponse, now: number): string[][] {
  return answer.policies.flatMap(({ workload, name, rules }) =>
    rules.map(({ direction, summary, edges, connections, lastSeenUnixMs, confidence }) => [
      `${workload?.namespace ?? ''}/${name}`,
      direction,
      summary,
      String(edges),
      String(connections),
      lastSeenUnixMs === 0 ? 'never' : ageText(lastSeenUnixMs, now),
      confidence,
    ]),
  );
}

/** What a dialect cannot say; what holds for many policies is said once. */
function lostLines(losses: readonly wire.DialectLoss[]): string[] {
  const byReason = new Map<string, string[]>();
  for (const { workload, direction, index, reason } of losses) {
    const place = `${workloadText(workload)}${direction === '' ? '' : ` ${direction}[${index}]`}`;
    byReason.set(reason, [...(byReason.get(reason) ?? []), place]);
  }
  return Array.from(byReason, ([reason, places]) => {
    const where = places.length > 1 ? `${places[0]} and ${places.length - 1} more` : places[0];
    return `not as meant for ${where}: ${reason}`;
  });
}

/** What a person has to know before applying: left out, caught too, coverage, replay. */
function remarks(answer: wire.GenerateResponse): string[] {
  const { policies, excluded, skipped, coverage, replay, losses, completeness } = answer;
  const notes = policies.flatMap(({ name, notes: each, alsoSelects }) => [
    ...each.map((note) => `${name}: ${note}`),
    ...alsoSelects.map((workload) => `${name} selects ${workloadText(workload)} too`),
  ]);
  const leftOut = excluded.map(({ edge, direction, reason }) =>
    edge === null ? reason : `no ${direction} rule for ${edgeText(decodeEdge(edge))}: ${reason}`,
  );
  const without = skipped.map(({ workload, reason }) => `no policy for ${workloadText(workload)}: ${reason}`);
  const lost = lostLines(losses);
  const result =
    replay === null
      ? []
      : [`replayed ${plural(replay.flows, 'flow')}: ${replay.allowed} allowed, ${replay.denied} would be denied`];
  // What completeness says is said in words; the coverage stands in for an aggregator that does not say it.
  const incomplete = completeness?.reasons ?? coverageLines(coverage).slice(1);
  const from = coverage === null ? 'files' : (coverageLines(coverage)[0] ?? '');
  const made = `${plural(policies.length, 'policy', 'policies')} from ${from}`;
  return [
    made,
    ...result,
    ...[...without, ...leftOut, ...notes, ...lost, ...answer.notes, ...incomplete].map((x) => `! ${x}`),
  ];
}

function writeFiles(folder: string, files: readonly wire.File[]): string[] {
  try {
    return files.map(({ path, text }) => {
      // Whatever the aggregator says, nothing is written outside of the folder.
      const file = join(folder, ...path.split('/').map(pathPart));
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
      return file;
    });
  } catch (error) {
    const what = `--output-dir ${folder}: ${messageOf(error)}; name a folder that can be written`;
    throw new WeirError('USAGE', what, { cause: error });
  }
}

/** @throws WeirError USAGE */
function scopeOf(workload: string | undefined, { namespace, service }: GenerateOptions) {
  if (service !== undefined && (namespace === undefined || workload !== undefined)) {
    const what = 'give --namespace with it, and no workload: its workloads are those behind the Service';
    throw new WeirError('USAGE', `--service ${service}: ${what}`);
  }
  const ref = workload === undefined ? null : parseWorkload(workload, namespace);
  return {
    scope: service === undefined ? { namespace: namespace ?? '', workload: ref } : null,
    service: service === undefined ? null : { namespace: namespace ?? '', name: service },
  };
}

/**
 * Makes policies for a workload, a namespace, or all; YAML on standard output, remarks on standard error.
 * @param from an aggregator, or files in its place
 * @returns the exit status: 0, or 2 when a file could not be read in part, which is left out of account
 */
export async function generatePolicies(
  from: Connection | OfflineSources,
  terminal: Terminal,
  workload: string | undefined,
  options: GenerateOptions,
): Promise<number> {
  const { cluster, output, outputDir, kustomize } = options;
  if (kustomize && outputDir === undefined) throw new WeirError('USAGE', '--kustomize: give --output-dir with it');
  const now = Date.now();
  const both = options.ingress === undefined && options.egress === undefined;
  const request: wire.GenerateRequest = {
    cluster,
    ...scopeOf(workload, options),
    ...requestedRules(options),
    range: rangeOf(options, now),
    ingress: both || options.ingress === true,
    egress: both || options.egress === true,
  };
  const { answer, problems } =
    'flows' in from
      ? await generateOffline(from, request)
      : { answer: await from.policy.generate(request, deadline()), problems: [] };
  if (outputDir !== undefined) {
    const files = answer.files.filter(({ path }) => kustomize || path !== 'kustomization.yaml');
    for (const file of writeFiles(outputDir, files)) terminal.remark(printable(`wrote ${file}`));
  } else if (output === 'json') terminal.json(answer);
  else if (output === 'table') {
    const headings = ['POLICY', 'DIRECTION', 'RULE', 'EDGES', 'CONNECTIONS', 'LAST SEEN', 'CONFIDENCE'];
    terminal.print(renderTable(headings, ruleRows(answer, now)));
  } else terminal.data(answer.yaml);
  for (const line of remarks(answer)) terminal.remark(printable(line));
  if (problems.length === 0) return 0;
  remarkProblems(terminal, { problems });
  terminal.remark('what could not be read is left out of account above');
  return errorTable.MANIFEST_INVALID.exit;
}
