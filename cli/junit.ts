import { decodeEdge } from '../proto/convert-edge.ts';
import type * as wire from '../proto/wire.ts';
import { edgeText } from './text.ts';

/** Text as XML takes it; characters that XML 1.0 has no form for become U+FFFD. */
function escaped(text: string): string {
  return text
    .replace(/[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu, '\uFFFD')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

type Outcome = 'passed' | 'failure' | 'error' | 'skipped';

interface TestCase {
  readonly name: string;
  readonly outcome: Outcome;
  readonly message: string;
}

function caseText({ name, outcome, message }: TestCase): string {
  const open = `    <testcase classname="weir.policy" name="${escaped(name)}" time="0"`;
  if (outcome === 'passed') return `${open}/>`;
  const type = outcome === 'skipped' ? '' : ` type="${outcome}"`;
  return `${open}>\n      <${outcome} message="${escaped(message)}"${type}/>\n    </testcase>`;
}

function findingCase({ edge, decision, because }: wire.ReplayFinding): TestCase {
  const name = edge === null ? 'a flow' : edgeText(decodeEdge(edge));
  if (decision === 'denied') return { name, outcome: 'failure', message: `would be denied: ${because}` };
  const what = decision === 'depends' ? 'depends' : 'newly allowed';
  return { name, outcome: decision === 'depends' ? 'skipped' : 'passed', message: `${what}: ${because}` };
}

/** A check's result as JUnit XML: a case for each finding and each thing that could not be read, and one for all the rest. */
export function junitXml({ replay, problems, completeness }: wire.CheckResponse): string {
  const reasons = completeness?.reasons ?? [];
  const cases: TestCase[] = [
    ...problems.map(({ source, line, object, message }): TestCase => {
      return { name: `${source}:${line} ${object}`, outcome: 'error', message };
    }),
    ...(replay?.findings ?? []).map(findingCase),
    { name: `${replay?.allowed ?? 0} other flows stay allowed`, outcome: 'passed', message: '' },
    {
      name: 'what was seen is complete',
      outcome: reasons.length === 0 ? 'passed' : 'skipped',
      message: reasons.join('; '),
    },
  ];
  const count = (outcome: Outcome) => cases.filter((each) => each.outcome === outcome).length;
  const counts = `tests="${cases.length}" failures="${count('failure')}" errors="${count('error')}"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="weir" ${counts} time="0">`,
    `  <testsuite name="weir policy check" ${counts} skipped="${count('skipped')}" time="0">`,
    ...cases.map(caseText),
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}
