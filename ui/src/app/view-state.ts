import { choicesText, noChoices, type PolicyChoices, parseChoices } from '../policy/choices.ts';
import { type PeerSort, peerSorts } from '../tables/peer-sort.ts';
import { defaultSpan, parseSpan, type Span, spanText } from './span.ts';

export const screens = ['map', 'ingress', 'egress', 'policy', 'applied', 'coverage', 'settings'] as const;
export type Screen = (typeof screens)[number];

/** What the scope is narrowed to inside of its namespace: a workload or a Service. */
export interface EntityRef {
  /** Kubernetes kind. */
  readonly kind: string;
  readonly name: string;
}

/** Everything that a person chose to look at. It is in the URL, whole, so that a link shows the same. */
export interface ViewState {
  readonly screen: Screen;
  /** Empty for the only cluster there is. */
  readonly cluster: string;
  /** Empty for every namespace. */
  readonly namespace: string;
  readonly entity: EntityRef | null;
  readonly span: Span;
  /** In the flow query language. */
  readonly filter: string;
  /** Namespaces that the map shows by their workloads. */
  readonly open: readonly string[];
  readonly hops: 1 | 2;
  readonly form: 'auto' | 'map' | 'matrix';
  /** Whether the map shows what the candidate policy would do. */
  readonly candidate: boolean;
  /** Id of the node, link or row whose details are shown; empty for none. */
  readonly selected: string;
  /** Text that the table's rows have to hold. */
  readonly search: string;
  /** Column, with - in front for the most first. */
  readonly sort: string;
  readonly group: string;
  /** Which peers the tables are of; empty for all. */
  readonly peers: PeerSort | '';
  readonly choices: PolicyChoices;
  /** Of the question Why?: `client>server|TCP|443` as an edge's id has it. */
  readonly why: string;
}

export const startState: ViewState = {
  screen: 'map',
  cluster: '',
  namespace: '',
  entity: null,
  span: defaultSpan,
  filter: '',
  open: [],
  hops: 1,
  form: 'auto',
  candidate: false,
  selected: '',
  search: '',
  sort: '-bytes',
  group: '',
  peers: '',
  choices: noChoices,
  why: '',
};

function oneOf<T extends string>(values: readonly T[], text: string | null, otherwise: T): T {
  return values.find((value) => value === text) ?? otherwise;
}

function parseEntity(text: string | null): EntityRef | null {
  const [kind = '', name = '', ...rest] = (text ?? '').split('/');
  return kind !== '' && name !== '' && rest.length === 0 ? { kind, name } : null;
}

/** Reads a URL's query. What is not understood is as if it were not there: an old link still opens. */
export function parseViewState(query: string): ViewState {
  const given = new URLSearchParams(query);
  const text = (name: string, otherwise = '') => given.get(name) ?? otherwise;
  const namespace = text('namespace');
  return {
    screen: oneOf(screens, given.get('screen'), startState.screen),
    cluster: text('cluster'),
    namespace,
    entity: namespace === '' ? null : parseEntity(given.get('entity')),
    span: parseSpan(text('span')) ?? startState.span,
    filter: text('filter'),
    open: text('open').split(',').filter(Boolean),
    hops: given.get('hops') === '2' ? 2 : 1,
    form: oneOf(['auto', 'map', 'matrix'] as const, given.get('form'), 'auto'),
    candidate: given.get('candidate') === 'on',
    selected: text('selected'),
    search: text('search'),
    sort: text('sort', startState.sort),
    group: text('group'),
    peers: oneOf(['', ...peerSorts] as const, given.get('peers'), ''),
    choices: parseChoices(given),
    why: text('why'),
  };
}

/** The query of a URL that shows this state; empty for the start. */
export function viewStateText(state: ViewState): string {
  const set = new URLSearchParams();
  const put = (name: string, value: string, usual = '') => {
    if (value !== usual) set.set(name, value);
  };
  put('screen', state.screen, startState.screen);
  put('cluster', state.cluster);
  put('namespace', state.namespace);
  if (state.entity !== null) put('entity', `${state.entity.kind}/${state.entity.name}`);
  put('span', spanText(state.span), spanText(defaultSpan));
  put('filter', state.filter);
  put('open', state.open.join(','));
  put('hops', String(state.hops), '1');
  put('form', state.form, 'auto');
  put('candidate', state.candidate ? 'on' : '');
  put('selected', state.selected);
  put('search', state.search);
  put('sort', state.sort, startState.sort);
  put('group', state.group);
  put('peers', state.peers);
  for (const [name, value] of choicesText(state.choices)) put(name, value);
  put('why', state.why);
  const text = set.toString();
  return text === '' ? '' : `?${text}`;
}
