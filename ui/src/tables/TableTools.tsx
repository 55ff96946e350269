import { show, useView } from '../app/use-view.ts';
import { download } from '../design/download.ts';
import { plural } from '../design/format.ts';
import { type Direction, generalRules, nameOf } from '../policy/choices.ts';
import { ManualRules } from '../policy/ManualRules.tsx';
import { type Grouping, groupings } from './arrange.ts';
import { csvText } from './csv.ts';
import { type PeerSort, peerSorts } from './peer-sort.ts';
import type { Row } from './rows.ts';

interface TableToolsProps {
  readonly direction: Direction;
  readonly rows: readonly Row[];
  readonly all: readonly Row[];
}

const groupNames: Readonly<Record<Grouping, string>> = {
  peerNamespace: 'namespace',
  peerKind: 'kind',
  own: 'workload',
  port: 'port',
  verdict: 'verdict',
};

const peerNames: Readonly<Record<PeerSort, string>> = {
  inside: 'Inside the cluster',
  outside: 'Outside addresses',
  aliased: 'Outside, with an alias',
  unresolved: 'Unresolved addresses',
};

const ruleNames: Readonly<Record<keyof typeof generalRules, string>> = {
  observed: 'Rules by what was seen',
  block: 'Block all',
  namespace: 'Allow all inside the namespace',
  all: 'Allow all',
};

/** Search, groups, the general rule of the direction, manual rules, and CSV. */
export function TableTools({ direction, rows, all }: TableToolsProps) {
  const view = useView();
  const rule = direction === 'ingress' ? view.choices.ingressRule : view.choices.egressRule;
  const decided = all.filter(({ key }) => view.choices.rows.has(key)).length;
  return (
    <div className="toolbar">
      <label>
        <span className="hidden-visually">Search rows</span>
        <input
          className="field"
          type="search"
          placeholder="Search rows"
          value={view.search}
          onChange={(event) => show({ search: event.target.value }, 'replace')}
        />
      </label>
      <label>
        <span className="hidden-visually">Which peers</span>
        <select
          className="field"
          value={view.peers}
          onChange={(event) => show({ peers: peerSorts.find((sort) => sort === event.target.value) ?? '' }, 'replace')}
        >
          <option value="">All peers</option>
          {peerSorts.map((sort) => (
            <option key={sort} value={sort}>
              {peerNames[sort]}
            </option>
          ))}
        </select>
      </label>
      <label>
        <span className="hidden-visually">Group rows</span>
        <select
          className="field"
          value={view.group}
          onChange={(event) => show({ group: event.target.value }, 'replace')}
        >
          <option value="">Not grouped</option>
          {groupings.map((group) => (
            <option key={group} value={group}>
              By {groupNames[group]}
            </option>
          ))}
        </select>
      </label>
      <label>
        <span className="hidden-visually">General rule for {direction}</span>
        <select
          className="field"
          value={nameOf(generalRules, rule)}
          onChange={(event) => {
            const chosen = generalRules[event.target.value as keyof typeof generalRules];
            show({
              choices: {
                ...view.choices,
                ...(direction === 'ingress' ? { ingressRule: chosen } : { egressRule: chosen }),
              },
            });
          }}
        >
          {Object.entries(ruleNames).map(([name, text]) => (
            <option key={name} value={name}>
              {text}
            </option>
          ))}
        </select>
      </label>
      <ManualRules direction={direction} />
      {decided > 0 && (
        <button
          type="button"
          className="button"
          onClick={() => show({ choices: { ...view.choices, rows: new Map() } })}
        >
          Undo {plural(decided, 'decision')}
        </button>
      )}
      <span className="grow" />
      <span className="quiet" role="status">
        {plural(rows.length, 'row')}
      </span>
      <button
        type="button"
        className="button"
        onClick={() => download(`weir-${direction}.csv`, csvText(rows), 'text/csv')}
      >
        CSV
      </button>
      <button
        type="button"
        className="button primary"
        disabled={view.namespace === ''}
        onClick={() => show({ screen: 'policy', selected: '' })}
      >
        Policy
      </button>
    </div>
  );
}
