import type { Observation, ReplayFinding } from '../../../proto/wire.ts';
import { useLive } from '../app/Live.tsx';
import { show, useView } from '../app/use-view.ts';
import { agoText, bytesText, countText, timeText } from '../design/format.ts';
import { Verdict } from '../design/Verdict.tsx';
import { AddressChoice } from './AddressChoice.tsx';
import { decide, isIncluded } from './EdgeRow.tsx';
import { type Row, usualDecision } from './rows.ts';

const evidence: Readonly<Record<string, string>> = {
  PORTS: 'by the port numbers alone',
  LISTENER: 'by the socket that was bound to the port',
  FIRST_PACKET: 'by who spoke first',
  CONNTRACK: "by the node's connection tracking",
  HANDSHAKE: 'by the handshake',
};

function Report({ title, report }: { readonly title: string; readonly report: Observation | null }) {
  const counters = report?.counters;
  if (counters === null || counters === undefined) return null;
  const round = counters.rttSamples === 0 ? '' : `${(counters.rttMicros / counters.rttSamples / 1000).toFixed(1)} ms`;
  const facts = [
    ['Attempts', countText(counters.attempts)],
    ['Established', countText(counters.established)],
    ['Refused', counters.refused === 0 ? '' : countText(counters.refused)],
    ['Unanswered', counters.unanswered === 0 ? '' : countText(counters.unanswered)],
    ['To the server', bytesText(counters.bytesToServer)],
    ['To the client', bytesText(counters.bytesToClient)],
    ['Sent again', counters.retransmits === 0 ? '' : countText(counters.retransmits)],
    ['Round trip', round],
    ['Dropped', report?.drops.map(({ reason, packets }) => `${reason} ${countText(packets)}`).join(', ') ?? ''],
  ].filter(([, value]) => value !== '');
  return (
    <section>
      <h3>{title}</h3>
      <dl className="facts">
        {facts.map(([name, value]) => (
          <div key={name} style={{ display: 'contents' }}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

/** What is known of one row, and what can be decided about it. */
export function RowDetails({ row, finding }: { readonly row: Row; readonly finding: ReplayFinding | null }) {
  const { choices } = useView();
  const { nowUnixMs } = useLive();
  const included = isIncluded(row, choices);
  const { reason } = usualDecision(row, choices.includeDenied);
  const { byClient, byServer, merged, services } = row.edge;
  const hasBoth = row.edge.client?.entity === 'workload' && row.edge.server?.entity === 'workload';
  return (
    <aside className="side stack" aria-label="Row">
      <div className="inline">
        <h2 className="grow">
          {row.peer} <span className="mono">{row.port}</span>
        </h2>
        <button
          type="button"
          className="button plain"
          aria-label="Close details"
          onClick={() => show({ selected: '' }, 'replace')}
        >
          ✕
        </button>
      </div>
      <Verdict mark={row.verdict} />
      {row.reason !== '' && <p>{row.reason}</p>}
      {finding !== null && (
        <p className="notice bad">
          The candidate policy: {finding.decision}. {finding.because}
        </p>
      )}
      <label className="check">
        <input type="checkbox" checked={included} onChange={() => decide(row, choices)} />
        In the policy
      </label>
      {!included && !choices.rows.has(row.key) && <p className="quiet">{reason}.</p>}
      {row.address !== null && <AddressChoice row={row} address={row.address} />}
      {hasBoth && (
        <button type="button" className="button" onClick={() => show({ screen: 'applied', why: row.id, selected: '' })}>
          Why is it {row.verdict}?
        </button>
      )}
      <dl className="facts">
        <dt>First seen</dt>
        <dd>{timeText(row.firstSeenUnixMs)}</dd>
        <dt>Last seen</dt>
        <dd>
          {timeText(row.lastSeenUnixMs)} ({agoText(row.lastSeenUnixMs, nowUnixMs)})
        </dd>
        <dt>Direction known</dt>
        <dd>{evidence[(merged?.directionBy ?? '').slice('DIRECTION_EVIDENCE_'.length)] ?? 'unknown'}</dd>
        {services.length > 0 && (
          <>
            <dt>Through</dt>
            <dd>{row.services}</dd>
          </>
        )}
        {merged !== null && merged.serverNames.length > 0 && (
          <>
            <dt>Asked for as</dt>
            <dd className="mono">{merged.serverNames.join(', ')}</dd>
          </>
        )}
      </dl>
      <Report title="What the client's node saw" report={byClient} />
      <Report title="What the server's node saw" report={byServer} />
    </aside>
  );
}
