import type { Access } from './access-reviews.ts';

/** What a method asks of who calls it. */
export type Rule =
  /** The right in the whole cluster. */
  | { readonly type: 'cluster'; readonly access: Omit<Access, 'namespace'>; readonly changes: boolean }
  /** The right to see flows in the namespace of the request; what lies elsewhere is hidden. */
  | { readonly type: 'namespace' }
  /** Everybody who is known; what they may not see is left out. */
  | { readonly type: 'filtered' }
  /** Everybody who is known: it is about themselves. */
  | { readonly type: 'own' };

const seeAll: Rule = { type: 'cluster', access: { verb: 'list', resource: 'flows' }, changes: false };
const changeSettings: Rule = { type: 'cluster', access: { verb: 'update', resource: 'policysettings' }, changes: true };
const changeAliases: Rule = { type: 'cluster', access: { verb: 'update', resource: 'aliases' }, changes: true };

/** By service and method. */
const rules: Readonly<Record<string, Rule>> = {
  'query/getAccess': { type: 'own' },
  'query/listNamespaces': { type: 'filtered' },
  'query/listWorkloads': { type: 'namespace' },
  'query/listServices': { type: 'namespace' },
  'query/listEdges': { type: 'namespace' },
  'query/follow': { type: 'namespace' },
  'query/getGraph': { type: 'namespace' },
  'query/getTimeline': { type: 'namespace' },
  'query/completeFilter': seeAll,
  'query/getStatus': { type: 'namespace' },
  'policy/generate': { type: 'namespace' },
  'policy/check': { type: 'namespace' },
  'policy/compare': seeAll,
  'policy/listApplied': { type: 'namespace' },
  'policy/why': seeAll,
  'policy/getIsolation': { type: 'namespace' },
  'policy/planRollout': seeAll,
  'policy/listBaselines': seeAll,
  'policy/getDrift': seeAll,
  'policy/setBaseline': changeSettings,
  'policy/removeBaseline': changeSettings,
  'alias/listAliases': { type: 'cluster', access: { verb: 'list', resource: 'aliases' }, changes: false },
  'alias/setAlias': changeAliases,
  'alias/removeAlias': changeAliases,
  'settings/getSettings': { type: 'cluster', access: { verb: 'get', resource: 'policysettings' }, changes: false },
  'settings/setSettings': changeSettings,
};

/** Null for a method that nobody has thought of yet: it is refused. @param method such as `query/listEdges` */
export function ruleOf(method: string): Rule | null {
  return Object.hasOwn(rules, method) ? (rules[method] ?? null) : null;
}
