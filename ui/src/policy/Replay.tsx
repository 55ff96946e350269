import type { ReplayResult } from '../../../proto/wire.ts';
import { edgeId, portText } from '../api/entity.ts';
import { countText, plural } from '../design/format.ts';
import { Verdict } from '../design/Verdict.tsx';
import { fullName, spanText } from './span-text.ts';

const mostShown = 100;

function Figure({ value, text }: { readonly value: number; readonly text: string }) {
  return (
    <div className="figure">
      <b>{countText(value)}</b>
      <span>{text}</span>
    </div>
  );
}

/** What the policy would have done to what was seen. */
export function Replay({ replay }: { readonly replay: ReplayResult }) {
  const { flows, allowed, denied, depends, newlyAllowed, stillDenied, findings, unusedRules, overPermission } = replay;
  return (
    <section className="stack" aria-label="Replay">
      <h2>Replay of {plural(flows, 'edge')}</h2>
      <div className="replay">
        <Figure value={allowed} text="allowed" />
        <Figure value={denied} text="would deny" />
        <Figure value={depends} text="depends" />
        <Figure value={newlyAllowed} text="newly allowed" />
        <Figure value={stillDenied} text="still denied" />
        <Figure value={unusedRules.length} text="unused rules" />
      </div>
      {denied === 0 && depends === 0 && <p className="notice">Nothing that came through would be denied.</p>}
      {findings.length > 0 && (
        <details open={denied > 0}>
          <summary>{plural(findings.length, 'finding')}</summary>
          <ul className="stack">
            {findings.slice(0, mostShown).map(({ edge, decision, direction, because }) => (
              <li key={edge === null ? because : `${edgeId(edge)} ${direction}`}>
                <Verdict
                  mark={decision === 'denied' ? 'would-be-denied' : decision === 'depends' ? 'depends' : 'allowed'}
                />{' '}
                {edge !== null && (
                  <>
                    {fullName(edge.client)} → {fullName(edge.server)}{' '}
                    <span className="mono">{portText(edge.protocol, edge.port)}</span>
                  </>
                )}
                <div className="quiet">{because}</div>
              </li>
            ))}
          </ul>
        </details>
      )}
      {unusedRules.length > 0 && (
        <details>
          <summary>{plural(unusedRules.length, 'rule')} that nothing needed</summary>
          <ul>
            {unusedRules.slice(0, mostShown).map((rule) => (
              <li key={`${rule.namespace}/${rule.name}/${rule.direction}/${rule.index}`}>
                {rule.name}: {rule.direction} {rule.summary}
              </li>
            ))}
          </ul>
        </details>
      )}
      {overPermission !== null && overPermission.widest.length > 0 && (
        <details>
          <summary>
            {countText(overPermission.seenPairs)} of {plural(overPermission.allowedPairs, 'pair')} that may talk were
            seen to
          </summary>
          <p className="quiet">What is open without traffic, the widest first:</p>
          <ul>
            {overPermission.widest.slice(0, mostShown).map((span) => (
              <li key={spanText(span)}>{spanText(span)}</li>
            ))}
          </ul>
        </details>
      )}
    </section>
  );
}
