import type { Edge } from '../../../proto/wire.ts';
import { edgeId, portText, verdictName } from '../api/entity.ts';
import { useCall } from '../api/use-call.ts';
import { useAccess } from '../app/access.ts';
import { useQuestion } from '../app/use-scope.ts';
import { useView } from '../app/use-view.ts';
import { plural } from '../design/format.ts';
import { Verdict } from '../design/Verdict.tsx';
import { fullName } from '../policy/span-text.ts';

const mostShown = 100;

function Edges({ title, edges }: { readonly title: string; readonly edges: readonly Edge[] }) {
  if (edges.length === 0) return null;
  return (
    <details open>
      <summary>
        {title}: {plural(edges.length, 'edge')}
      </summary>
      <ul>
        {edges.slice(0, mostShown).map((edge) => (
          <li key={edgeId(edge)}>
            {fullName(edge.client)} → {fullName(edge.server)}{' '}
            <span className="mono">{portText(edge.protocol, edge.port)}</span>{' '}
            <Verdict mark={verdictName(edge.verdict)} />
          </li>
        ))}
      </ul>
    </details>
  );
}

function Since({ baseline }: { readonly baseline: string }) {
  const { cluster } = useView();
  const { range } = useQuestion();
  const { data, error } = useCall(
    'policy',
    'getDrift',
    { cluster, baseline, range, unusedAfterMs: 0 },
    { traffic: true },
  );
  if (error !== null && data === undefined) return <p className="notice bad">{error.message}</p>;
  if (data === undefined) return <p className="quiet">Asking …</p>;
  const { appeared, disappeared, changed, unusedRules, unusedUnknown } = data;
  const same = appeared.length + disappeared.length + changed.length === 0;
  return (
    <section className="stack">
      <h3>Since {baseline}</h3>
      {same && <p className="quiet">Nothing has changed.</p>}
      <Edges title="Appeared" edges={appeared} />
      <Edges title="Changed" edges={changed} />
      <Edges title="Not seen any more" edges={disappeared} />
      {unusedUnknown !== '' && <p className="quiet">Which rules are unused cannot be told: {unusedUnknown}</p>}
      {unusedRules.length > 0 && (
        <details>
          <summary>{plural(unusedRules.length, 'rule')} that nothing needed for 30 days</summary>
          <ul>
            {unusedRules.slice(0, mostShown).map(({ namespace, name, direction, index, summary }) => (
              <li key={`${namespace}/${name}/${direction}/${index}`}>
                {namespace}/{name}: {direction} {summary}
              </li>
            ))}
          </ul>
        </details>
      )}
    </section>
  );
}

/** What has changed since each accepted baseline; nothing where there is none. */
export function Drift() {
  const { cluster } = useView();
  const { data } = useCall('policy', 'listBaselines', { cluster }, { enabled: useAccess().seesAll });
  if (data === undefined || data.baselines.length === 0) return null;
  return (
    <section className="stack">
      <h2>Drift</h2>
      {data.baselines.map(({ name }) => (
        <Since key={name} baseline={name} />
      ))}
    </section>
  );
}
