import { edgeId, portText } from '../api/entity.ts';
import { agoText, countText, plural, timeText } from '../design/format.ts';
import { useLive } from '../app/Live.tsx';
import type { MarkedRule } from './marks.ts';
import { fullName } from './span-text.ts';

/** Why a rule is there: the flows behind it, how sure it is, and what else it lets through. */
export function RuleDetails({
  marked: { policy, rule },
  onClose,
}: {
  readonly marked: MarkedRule;
  readonly onClose: () => void;
}) {
  const { nowUnixMs } = useLive();
  const {
    direction,
    summary,
    confidence,
    confidenceReason,
    edges,
    connections,
    firstSeenUnixMs,
    lastSeenUnixMs,
    flows,
    alsoAllows,
  } = rule;
  return (
    <section className="stack" aria-label="Rule">
      <div className="inline">
        <h2 className="grow">
          {policy.name}: {direction}
        </h2>
        <button type="button" className="button plain" aria-label="Close the rule" onClick={onClose}>
          ✕
        </button>
      </div>
      <p>{summary}</p>
      <p className={confidence === 'high' || confidence === '' ? 'notice' : 'notice warn'}>
        Confidence: {confidence || 'unknown'}
        {confidenceReason !== '' && `. ${confidenceReason}`}
      </p>
      <dl className="facts">
        <dt>Edges</dt>
        <dd>{countText(edges)}</dd>
        <dt>Connections</dt>
        <dd>{countText(connections)}</dd>
        <dt>First seen</dt>
        <dd>{timeText(firstSeenUnixMs)}</dd>
        <dt>Last seen</dt>
        <dd>
          {timeText(lastSeenUnixMs)} ({agoText(lastSeenUnixMs, nowUnixMs)})
        </dd>
      </dl>
      {alsoAllows.length > 0 && (
        <p className="notice warn">
          Lets through besides: {alsoAllows.map(({ namespace, name }) => `${namespace}/${name}`).join(', ')}
        </p>
      )}
      <details open>
        <summary>{plural(flows.length, 'flow')} behind it</summary>
        <ul>
          {flows.map((edge) => (
            <li key={edgeId(edge)}>
              {fullName(edge.client)} → {fullName(edge.server)}{' '}
              <span className="mono">{portText(edge.protocol, edge.port)}</span>
            </li>
          ))}
        </ul>
      </details>
    </section>
  );
}
