import { fieldsOf } from '../design/form.ts';
import { useState } from 'react';
import type { DirectionReason, WhyResponse } from '../../../proto/wire.ts';
import { verdictName } from '../api/entity.ts';
import { useCall } from '../api/use-call.ts';
import { Failure, Waiting } from '../app/Empty.tsx';
import { useQuestion } from '../app/use-scope.ts';
import { show, useView } from '../app/use-view.ts';
import { type Mark, Verdict } from '../design/Verdict.tsx';
import { endText, type Pair, pairText, parseEnd, parsePair } from './pair.ts';

const marks: Readonly<Record<string, Mark>> = { allowed: 'allowed', denied: 'denied', depends: 'depends' };

function Reason({ title, reason }: { readonly title: string; readonly reason: DirectionReason | null }) {
  if (reason === null) return null;
  const { decision, because, assumption, rule, yaml } = reason;
  return (
    <section>
      <h3>{title}</h3>
      <Verdict mark={marks[decision] ?? 'unknown'} /> {because}
      {assumption !== '' && <p className="quiet">It depends on: {assumption}</p>}
      {rule !== null && (
        <details>
          <summary>
            {rule.namespace === '' ? rule.name : `${rule.namespace}/${rule.name}`}
            {rule.summary !== '' && `: ${rule.summary}`}
          </summary>
          <pre className="mono">{yaml}</pre>
        </details>
      )}
    </section>
  );
}

function Answer({ answer }: { readonly answer: WhyResponse }) {
  const { decision, observed, disagrees, disagreement, edits, editsLeadTo, egress, ingress } = answer;
  return (
    <div className="stack" aria-live="polite">
      <dl className="facts">
        <dt>The network did</dt>
        <dd>{observed === null ? 'Nothing was seen of it' : <Verdict mark={verdictName(observed.verdict)} />}</dd>
        <dt>The policies say</dt>
        <dd>
          <Verdict mark={marks[decision] ?? 'unknown'} />
        </dd>
      </dl>
      {disagrees && <p className="notice warn">The two contradict each other. {disagreement}</p>}
      <Reason title="Egress of the client" reason={egress} />
      <Reason title="Ingress of the server" reason={ingress} />
      {edits.length > 0 && (
        <section>
          <h3>It would be {editsLeadTo} after one of these</h3>
          <ul>
            {edits.map((edit) => (
              <li key={edit}>{edit}</li>
            ))}
          </ul>
        </section>
      )}
    </div>
  );
}

function Asked({ pair }: { readonly pair: Pair }) {
  const { cluster, range } = useQuestion();
  const { data, error } = useCall('policy', 'why', { ...pair, cluster, range }, { traffic: true });
  if (error !== null && data === undefined) return <Failure error={error} />;
  return data === undefined ? <Waiting /> : <Answer answer={data} />;
}

/** Asks why a communication between two ends on a port is or is not allowed. */
export function Why() {
  const { why, namespace, entity } = useView();
  const pair = parsePair(why);
  const [fault, setFault] = useState('');
  const own = entity === null ? '' : `${namespace}/${entity.kind}/${entity.name}`;
  const ask = (text: (name: string) => string) => {
    const [client, server] = [parseEnd(text('client')), parseEnd(text('server'))];
    const asked =
      client && server
        ? parsePair(
            pairText({ client, server, protocol: 'PROTOCOL_TCP', port: 0 }).replace(
              /\|TCP\|0$/,
              `|${text('protocol')}|${text('port')}`,
            ),
          )
        : null;
    setFault(asked === null ? 'Give ends such as shop/Deployment/cart or 203.0.113.7, and a port' : '');
    if (asked !== null) show({ why: pairText(asked) });
  };
  return (
    <section className="toolbar" aria-label="Why?">
      <form
        className="inline why-form"
        key={why}
        onSubmit={(event) => {
          event.preventDefault();
          ask(fieldsOf(event.currentTarget));
        }}
      >
        <h2>Why?</h2>
        <label className="grow">
          <span className="hidden-visually">Client</span>
          <input
            className="field mono"
            name="client"
            required
            placeholder="namespace/Deployment/client"
            defaultValue={pair === null ? '' : endText(pair.client)}
            spellCheck={false}
          />
        </label>
        <span aria-hidden="true">→</span>
        <label className="grow">
          <span className="hidden-visually">Server</span>
          <input
            className="field mono"
            name="server"
            required
            placeholder="namespace/Deployment/server"
            defaultValue={pair === null ? own : endText(pair.server)}
            spellCheck={false}
          />
        </label>
        <label>
          <span className="hidden-visually">Protocol</span>
          <select className="field" name="protocol" defaultValue={pair === null ? 'TCP' : pairText(pair).split('|')[1]}>
            {['TCP', 'UDP', 'SCTP', 'ICMP', 'ICMPv6'].map((protocol) => (
              <option key={protocol}>{protocol}</option>
            ))}
          </select>
        </label>
        <label>
          <span className="hidden-visually">Port</span>
          <input
            className="field mono"
            name="port"
            required
            inputMode="numeric"
            pattern="\d{1,5}"
            size={6}
            placeholder="port"
            defaultValue={pair?.port ?? ''}
          />
        </label>
        <button className="button primary" type="submit">
          Ask
        </button>
        {pair !== null && (
          <button type="button" className="button" onClick={() => show({ why: '' })}>
            Clear
          </button>
        )}
      </form>
      {fault !== '' && (
        <p className="notice bad" role="alert">
          {fault}
        </p>
      )}
      {pair !== null && <Asked pair={pair} />}
    </section>
  );
}
