import { memo } from 'react';
import type { ReplayFinding } from '../../../proto/wire.ts';
import { currentView, show } from '../app/use-view.ts';
import { agoText, bytesText, countText, timeText } from '../design/format.ts';
import { type Mark, Verdict } from '../design/Verdict.tsx';
import { type PolicyChoices, withRow } from '../policy/choices.ts';
import { type Row, usualDecision } from './rows.ts';

interface EdgeRowProps {
  readonly row: Row;
  readonly line: number;
  /** Pixels from the top. */
  readonly start: number;
  readonly choices: PolicyChoices;
  readonly finding: ReplayFinding | null;
  readonly selected: boolean;
  readonly reachable: boolean;
  readonly nowUnixMs: number;
  readonly onSelect: (id: string) => void;
}

/** Whether a row gets a rule, as it was decided or else usually is. */
export function isIncluded(row: Row, choices: PolicyChoices): boolean {
  return choices.rows.get(row.key)?.include ?? usualDecision(row, choices.includeDenied).include;
}

/** Decides a row the other way round; a decision for what is usual anyway is taken back. */
export function decide(row: Row, choices: PolicyChoices): void {
  const include = !isIncluded(row, choices);
  const cidr = choices.rows.get(row.key)?.cidr ?? '';
  const usual = usualDecision(row, choices.includeDenied).include === include && cidr === '';
  show({ choices: withRow(currentView().choices, row.key, usual ? null : { include, cidr }) }, 'replace');
}

function markOf(row: Row, finding: ReplayFinding | null): Mark {
  if (finding?.decision === 'denied') return 'would-be-denied';
  return finding?.decision === 'depends' ? 'depends' : row.verdict;
}

/** One row of the table. */
export const EdgeRow = memo(function EdgeRow({
  row,
  line,
  start,
  choices,
  finding,
  selected,
  reachable,
  nowUnixMs,
  onSelect,
}: EdgeRowProps) {
  const included = isIncluded(row, choices);
  const decided = choices.rows.has(row.key);
  const why = decided ? 'Decided by you' : usualDecision(row, choices.includeDenied).reason;
  const classes = ['tr', 'row', selected && 'selected', !included && 'excluded'].filter(Boolean);
  return (
    // Keys are heard by the table, which walks its rows.
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events
    <div
      className={classes.join(' ')}
      role="row"
      aria-rowindex={line + 2}
      aria-selected={selected}
      data-line={line}
      tabIndex={reachable ? 0 : -1}
      style={{ transform: `translateY(${start}px)` }}
      onClick={() => onSelect(row.id)}
    >
      <div role="gridcell">
        <input
          type="checkbox"
          tabIndex={-1}
          checked={included}
          aria-label={`${included ? 'Exclude' : 'Include'} ${row.peer} ${row.port}`}
          title={included ? 'In the policy' : `Not in the policy. ${why}`}
          onClick={(event) => event.stopPropagation()}
          onChange={() => decide(row, choices)}
        />
      </div>
      <div role="gridcell" className="clip" title={`${row.ownNamespace}/${row.own}`}>
        {row.own}
      </div>
      <div
        role="gridcell"
        className="clip"
        title={row.services === '' ? row.peer : `${row.peer}, through ${row.services}`}
      >
        {row.peer}
      </div>
      <div role="gridcell" className="clip" title={row.peerNamespace}>
        {row.peerNamespace}
      </div>
      <div role="gridcell" className="clip">
        {row.peerKind}
      </div>
      <div role="gridcell" className="clip mono">
        {row.port}
      </div>
      <div role="gridcell" className="clip" title={timeText(row.firstSeenUnixMs)}>
        {agoText(row.firstSeenUnixMs, nowUnixMs)}
      </div>
      <div role="gridcell" className="clip" title={timeText(row.lastSeenUnixMs)}>
        {agoText(row.lastSeenUnixMs, nowUnixMs)}
      </div>
      <div role="gridcell" className="number">
        {countText(row.connections)}
      </div>
      <div role="gridcell" className="number">
        {bytesText(row.bytes)}
      </div>
      <div role="gridcell" className="clip" title={finding?.because ?? row.reason}>
        <Verdict mark={markOf(row, finding)} />
      </div>
    </div>
  );
});
