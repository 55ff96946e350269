import type { GenerateResponse } from '../../../proto/wire.ts';
import { portText } from '../api/entity.ts';
import { plural } from '../design/format.ts';
import { fullName } from './span-text.ts';

const mostShown = 100;

/** What has to be known before the policy is applied: gaps, what got no rule, what its selectors catch. */
export function Remarks({ answer }: { readonly answer: GenerateResponse }) {
  const { completeness, policies, excluded, skipped, losses } = answer;
  const caught = policies.flatMap(({ name, alsoSelects }) =>
    alsoSelects.map((workload) => `${name} selects ${workload.namespace}/${workload.name} too`),
  );
  const notes = [
    ...answer.notes,
    ...policies.flatMap(({ name, notes: each }) => each.map((note) => `${name}: ${note}`)),
  ];
  const list = (title: string, lines: readonly string[], warn: boolean) =>
    lines.length > 0 && (
      <details open={warn}>
        <summary className={warn ? 'is-refused' : ''}>{title}</summary>
        <ul>
          {lines.slice(0, mostShown).map((line) => (
            <li key={line}>{line}</li>
          ))}
          {lines.length > mostShown && <li className="quiet">and {lines.length - mostShown} more</li>}
        </ul>
      </details>
    );
  return (
    <section className="stack" aria-label="Remarks">
      {completeness !== null && !completeness.complete && (
        <div className="notice warn">
          What was seen may not be all there is:
          <ul>
            {completeness.reasons.map((reason) => (
              <li key={reason}>{reason}</li>
            ))}
          </ul>
        </div>
      )}
      {list(`Catches more than meant: ${caught.length}`, caught, true)}
      {list(
        `What the dialect cannot say: ${losses.length}`,
        losses.map(({ reason, direction, workload }) => `${workload?.name ?? ''} ${direction}: ${reason}`),
        true,
      )}
      {list(
        plural(skipped.length, 'workload') + ' without a policy',
        skipped.map(({ workload, reason }) => `${workload?.namespace}/${workload?.name}: ${reason}`),
        false,
      )}
      {list(
        plural(excluded.length, 'row') + ' without a rule',
        excluded.map(({ edge, direction, reason }) =>
          edge === null
            ? reason
            : `${direction}: ${fullName(edge.client)} → ${fullName(edge.server)} ${portText(edge.protocol, edge.port)}: ${reason}`,
        ),
        false,
      )}
      {list(plural(notes.length, 'note'), notes, false)}
    </section>
  );
}
