import { useMemo, useState } from 'react';
import { Failure, Nothing, Waiting } from '../app/Empty.tsx';
import { useView } from '../app/use-view.ts';
import { generateCommand } from './command.ts';
import { Diff } from './Diff.tsx';
import { markedYaml } from './marks.ts';
import { type PolicyTab, PolicyTools } from './PolicyTools.tsx';
import { Remarks } from './Remarks.tsx';
import { Replay } from './Replay.tsx';
import { RuleDetails } from './RuleDetails.tsx';
import { useCandidate } from './use-candidate.ts';
import { YamlView } from './YamlView.tsx';

/** The policy that what was seen makes, with why each line is there and what it would do. */
export function PolicyScreen() {
  const { cluster, namespace, entity, span, choices } = useView();
  const [wantsAll, setWantsAll] = useState(false);
  const [tab, setTab] = useState<PolicyTab>('yaml');
  const [chosen, setChosen] = useState('');
  const enabled = namespace !== '' || wantsAll;
  const candidate = useCandidate(enabled);
  const { data, error, isFetching, rows } = candidate;
  const marked = useMemo(() => (data === undefined ? null : markedYaml(data)), [data]);

  if (!enabled) {
    return (
      <section className="empty">
        <h2>Choose a namespace</h2>
        <p className="quiet">A policy is made for the workloads of a namespace, or for one of them.</p>
        <div className="inline">
          <button type="button" className="button" onClick={() => setWantsAll(true)}>
            For all namespaces
          </button>
        </div>
      </section>
    );
  }
  if (error !== null && data === undefined) return <Failure error={error} />;
  if (data === undefined || marked === null) return <Waiting />;
  if (data.policies.length === 0 && data.skipped.length === 0)
    return <Nothing coverage={data.coverage} unfiltered={null} />;
  const rule = marked.rules.get(chosen) ?? null;
  return (
    <div className="screen">
      <PolicyTools
        answer={data}
        scope={{ cluster, namespace, entity }}
        command={generateCommand({ cluster, namespace, entity }, span, choices, rows)}
        choices={choices}
        tab={tab}
        onTab={setTab}
        isFetching={isFetching}
      />
      <div className="policy">
        {tab === 'yaml' ? (
          <YamlView
            text={data.yaml}
            name="Generated policy"
            marks={marked.marks}
            chosen={chosen}
            onChoose={setChosen}
          />
        ) : (
          <Diff yaml={data.yaml} />
        )}
        <aside className="side stack" aria-label="What the policy would do">
          {rule !== null && <RuleDetails marked={rule} onClose={() => setChosen('')} />}
          {data.replay !== null && <Replay replay={data.replay} />}
          <Remarks answer={data} />
        </aside>
      </div>
    </div>
  );
}
