import { useState } from 'react';
import type { AppliedPolicy } from '../../../proto/wire.ts';
import { workloadName } from '../api/entity.ts';
import { useCall } from '../api/use-call.ts';
import { Empty, Failure, Waiting } from '../app/Empty.tsx';
import { scopeOf } from '../app/scope.ts';
import { useView } from '../app/use-view.ts';
import { plural } from '../design/format.ts';
import { Why } from './Why.tsx';
import { YamlView } from './YamlView.tsx';

function keyOf({ kind, namespace, name }: AppliedPolicy): string {
  return `${kind}/${namespace}/${name}`;
}

function Policies({
  policies,
  chosen,
  onChoose,
}: {
  readonly policies: readonly AppliedPolicy[];
  readonly chosen: string;
  readonly onChoose: (key: string) => void;
}) {
  return (
    <table className="plain-table">
      <thead>
        <tr>
          <th>Policy</th>
          <th>Tier</th>
          <th>Isolates</th>
          <th>Selects</th>
        </tr>
      </thead>
      <tbody>
        {policies.map((policy) => (
          <tr key={keyOf(policy)} className={keyOf(policy) === chosen ? 'selected' : ''}>
            <td>
              <button
                type="button"
                className="link-button"
                aria-pressed={keyOf(policy) === chosen}
                onClick={() => onChoose(keyOf(policy))}
              >
                {policy.namespace === '' ? policy.name : `${policy.namespace}/${policy.name}`}
              </button>
              <div className="quiet">{policy.kind}</div>
            </td>
            <td>
              {policy.tier}
              {policy.tier !== 'networkpolicy' && <span className="quiet"> {policy.priority}</span>}
            </td>
            <td>{[policy.ingress && 'ingress', policy.egress && 'egress'].filter(Boolean).join(', ')}</td>
            <td title={policy.selects.map((each) => `${each.namespace}/${workloadName(each)}`).join('\n')}>
              {policy.selected <= 3
                ? policy.selects.map(({ name }) => name).join(', ') || 'none'
                : plural(policy.selected, 'workload')}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** What is applied now, whom it selects, and why a communication is or is not allowed. */
export function AppliedScreen() {
  const view = useView();
  const [chosen, setChosen] = useState('');
  const { data, error } = useCall('policy', 'listApplied', {
    cluster: view.cluster,
    scope: scopeOf(view),
    client: null,
    server: null,
  });
  if (error !== null && data === undefined) return <Failure error={error} />;
  if (data === undefined) return <Waiting />;
  const policy = data.policies.find((each) => keyOf(each) === chosen) ?? data.policies[0];
  return (
    <div className="screen">
      <Why />
      {policy === undefined ? (
        <Empty
          cause={{
            title: 'No policy bears on this',
            text: 'Nothing is applied here: every pod may talk to every other.',
            remedy: 'none',
          }}
        />
      ) : (
        <div className="policy">
          {/* It scrolls, so the keyboard has to get there. */}
          {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
          <div className="scroll stack" role="region" aria-label="Applied policies" tabIndex={0}>
            <Policies policies={data.policies} chosen={keyOf(policy)} onChoose={setChosen} />
            <YamlView text={policy.yaml} name={`YAML of ${policy.name}`} />
          </div>
          <aside className="side stack" aria-label="Selected workloads">
            <h2>{policy.name}</h2>
            <p className="quiet">Selects {plural(policy.selected, 'workload')}</p>
            <ul>
              {policy.selects.map((each) => (
                <li key={`${each.namespace}/${workloadName(each)}`}>
                  {each.namespace}/{each.name} <span className="quiet">{each.kind}</span>
                </li>
              ))}
            </ul>
          </aside>
        </div>
      )}
    </div>
  );
}
