import type { AgentReport, ClusterStatus } from '../../../proto/wire.ts';
import { enforcementWarning } from '../app/causes.ts';
import { Empty, Failure, Waiting } from '../app/Empty.tsx';
import { useLive } from '../app/Live.tsx';
import { useStatus } from '../app/use-status.ts';
import { useView } from '../app/use-view.ts';
import { agoText, countText, plural } from '../design/format.ts';
import { Drift } from './Drift.tsx';
import { Isolation } from './Isolation.tsx';

function problemsOf({ connected, status, coverage }: AgentReport): string[] {
  const off = (status?.features ?? [])
    .filter(({ active }) => !active)
    .map(({ name, reason }) => `${name} is off: ${reason}`);
  const failing = (status?.identitySources ?? [])
    .filter(({ state }) => state === 'SOURCE_STATE_FAILING')
    .map(({ name, detail }) => `${name} fails: ${detail}`);
  const unnamed = Object.entries(status?.unresolvedByReason ?? {}).map(
    ([reason, count]) => `${plural(count, 'interface')} without a pod: ${reason}`,
  );
  const lost = (coverage?.losses ?? []).map(({ stage, events }) => `${countText(events)} events lost in ${stage}`);
  return [...(connected ? [] : ['Not connected']), ...lost, ...failing, ...unnamed, ...off];
}

function Agents({ agents, nowUnixMs }: { readonly agents: readonly AgentReport[]; readonly nowUnixMs: number }) {
  const worstFirst = agents.toSorted(
    (a, b) => problemsOf(b).length - problemsOf(a).length || (a.node < b.node ? -1 : 1),
  );
  return (
    <table className="plain-table">
      <thead>
        <tr>
          <th>Node</th>
          <th>Kernel</th>
          <th>Network plugin</th>
          <th className="number">Windows</th>
          <th>Last heard</th>
          <th>What is missing</th>
        </tr>
      </thead>
      <tbody>
        {worstFirst.map((agent) => (
          <tr key={agent.node}>
            <td>{agent.node}</td>
            <td>{agent.status?.kernel}</td>
            <td>{agent.status?.cnis.map(({ name }) => name).join(', ') || 'not recognised'}</td>
            <td className="number" title={`${agent.coverage?.incompleteWindows ?? 0} of them lost something`}>
              {countText(agent.coverage?.windows ?? 0)}
            </td>
            <td>{agoText(agent.lastWindowEndUnixMs, nowUnixMs) || 'never'}</td>
            <td>
              <ul>
                {problemsOf(agent).map((problem) => (
                  <li key={problem}>{problem}</li>
                ))}
              </ul>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Watched({ status, nowUnixMs }: { readonly status: ClusterStatus; readonly nowUnixMs: number }) {
  const { agents, coverage, problems, unresolved } = status;
  const warning = enforcementWarning(status);
  const missing = coverage?.nodesWithoutAgent ?? [];
  return (
    <section className="stack">
      <h2>What is watched</h2>
      {warning !== null && <p className="notice bad">{warning}</p>}
      {missing.length > 0 && (
        <p className="notice warn">
          {plural(missing.length, 'node')} without an agent, whose pods are seen from the other end only:{' '}
          {missing.slice(0, 20).join(', ')}
        </p>
      )}
      {problems.map((problem) => (
        <p key={problem} className="notice warn">
          {problem}
        </p>
      ))}
      {coverage !== null && (
        <p className="quiet">
          {plural(coverage.windows, 'window')}, {countText(coverage.incompleteWindows)} of them incomplete. State of the
          cluster from {status.source}.
        </p>
      )}
      {agents.length === 0 ? (
        <Empty
          cause={{
            title: 'No agent has reported',
            text: 'Traffic is seen by the agent on each node. Install the DaemonSet, or look at why its pods do not start.',
            remedy: 'none',
          }}
        />
      ) : (
        <Agents agents={agents} nowUnixMs={nowUnixMs} />
      )}
      {unresolved.some(({ addresses }) => addresses > 0) && (
        <>
          <h3>Addresses without a name</h3>
          <ul>
            {unresolved
              .filter(({ addresses }) => addresses > 0)
              .map(({ reason, addresses }) => (
                <li key={reason}>
                  {plural(addresses, 'address', 'addresses')}: {reason}
                </li>
              ))}
          </ul>
        </>
      )}
    </section>
  );
}

/** How far the cluster is isolated, and how far what is shown can be relied on. */
export function CoverageScreen() {
  const { cluster } = useView();
  const { nowUnixMs } = useLive();
  const { data, error } = useStatus({ traffic: true });
  if (error !== null && data === undefined) return <Failure error={error} />;
  if (data === undefined) return <Waiting />;
  const status = data.clusters.find(({ name }) => cluster === '' || name === cluster);
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className="scroll" role="region" aria-label="Coverage" tabIndex={0}>
      <div className="stack">
        {status !== undefined && <Watched status={status} nowUnixMs={nowUnixMs} />}
        <div className="cards">
          <Isolation />
        </div>
        <Drift />
      </div>
    </div>
  );
}
