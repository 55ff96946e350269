import type { Log, ReportingDescriptor, Result } from 'sarif';
import { version } from '../core/version.ts';
import { decodeEdge } from '../proto/convert-edge.ts';
import type * as wire from '../proto/wire.ts';
import type { SourceLine } from './policy-sources.ts';
import { edgeText } from './text.ts';

type Place = (rule: wire.RuleRef | null) => SourceLine | null;

const rules = {
  'would-deny': 'Traffic that came through would be denied.',
  depends: 'Whether traffic passes depends on what Kubernetes leaves open.',
  'newly-allowed': 'Traffic that was dropped would be allowed.',
  'unused-rule': 'No recorded traffic needs the rule.',
  unreadable: 'A manifest or a flow could not be read.',
} as const;
type RuleName = keyof typeof rules;

const levels: Readonly<Record<RuleName, Result.level>> = {
  'would-deny': 'error',
  depends: 'warning',
  'newly-allowed': 'note',
  'unused-rule': 'note',
  unreadable: 'error',
};

function result(ruleId: RuleName, text: string, at: SourceLine | null): Result {
  const region = { startLine: at?.line ?? 1 };
  const locations =
    at === null ? [] : [{ physicalLocation: { artifactLocation: { uri: encodeURI(at.source) }, region } }];
  return { ruleId, level: levels[ruleId], message: { text }, locations };
}

function findingRule({ decision }: wire.ReplayFinding): RuleName {
  if (decision === 'denied') return 'would-deny';
  return decision === 'depends' ? 'depends' : 'newly-allowed';
}

/** A check's result as SARIF 2.1.0 (https://docs.oasis-open.org/sarif/sarif/v2.1.0/). */
export function sarifLog({ replay, problems, completeness }: wire.CheckResponse, placeOf: Place): Log {
  const found = (replay?.findings ?? []).map((finding) => {
    const flow = finding.edge === null ? '' : `${edgeText(decodeEdge(finding.edge))}: `;
    return result(findingRule(finding), `${flow}${finding.because}`, placeOf(finding.rule));
  });
  const unused = (replay?.unusedRules ?? []).map((rule) => {
    const what = `${rule.kind} ${rule.namespace}/${rule.name} ${rule.direction}[${rule.index}]`;
    return result('unused-rule', `${what}: no recorded traffic needs it (${rule.summary})`, placeOf(rule));
  });
  const unread = problems.map(({ source, line, object, message }) =>
    result('unreadable', `${object}: ${message}`, { source, line }),
  );
  const descriptors = Object.entries(rules).map(
    ([id, text]): ReportingDescriptor => ({ id, shortDescription: { text } }),
  );
  const notifications = (completeness?.reasons ?? []).map((text) => ({ level: 'warning' as const, message: { text } }));
  return {
    version: '2.1.0',
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    runs: [
      {
        tool: { driver: { name: 'weir', version, rules: descriptors } },
        invocations: [{ executionSuccessful: problems.length === 0, toolExecutionNotifications: notifications }],
        results: [...unread, ...found, ...unused],
      },
    ],
  };
}
