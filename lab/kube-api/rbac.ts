import type { ObjectStore, StoredObject } from './object-store.ts';
import { resourceOf } from './resources.ts';

/** Who asks. */
export interface Subject {
  readonly username: string;
  readonly groups: readonly string[];
}

/** What is asked for; the group of the core is empty, the namespace null for the whole cluster. */
export interface Attributes {
  readonly verb: string;
  readonly group: string;
  /** With a subresource: `pods/log`. */
  readonly resource: string;
  readonly namespace: string | null;
  readonly name: string | null;
}

interface Rule {
  readonly verbs: readonly string[];
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
}

interface RoleRef {
  readonly kind: string;
  readonly name: string;
}

interface BoundSubject {
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
}

const group = 'rbac.authorization.k8s.io/v1';

function listOf(store: ObjectStore, kind: string): StoredObject[] {
  const resource = resourceOf(group, kind);
  return resource === null ? [] : (store.listAt(resource, store.version) ?? []).map(([, object]) => object);
}

const holds = (list: readonly string[] | undefined, value: string) =>
  list !== undefined && (list.includes('*') || list.includes(value));

function ruleAllows({ verbs, apiGroups, resources, resourceNames = [] }: Rule, asked: Attributes): boolean {
  return (
    holds(verbs, asked.verb) &&
    holds(apiGroups, asked.group) &&
    holds(resources, asked.resource) &&
    (resourceNames.length === 0 || (asked.name !== null && resourceNames.includes(asked.name)))
  );
}

function isMeant({ kind, name, namespace }: BoundSubject, { username, groups }: Subject): boolean {
  if (kind === 'ServiceAccount') return username === `system:serviceaccount:${namespace}:${name}`;
  return kind === 'Group' ? groups.includes(name) : username === name;
}

/** The rules that a subject has in a namespace, or in the whole cluster, by the roles that are bound to it. */
export function rulesOf(store: ObjectStore, subject: Subject, namespace: string | null): Rule[] {
  const bindings = [
    ...listOf(store, 'ClusterRoleBinding'),
    ...listOf(store, 'RoleBinding').filter(({ metadata }) => metadata.namespace === namespace),
  ];
  return bindings
    .filter(({ subjects }) => ((subjects ?? []) as readonly BoundSubject[]).some((each) => isMeant(each, subject)))
    .flatMap(({ roleRef, metadata }) => {
      const { kind, name } = roleRef as RoleRef;
      const role = listOf(store, kind).find(
        (each) =>
          each.metadata.name === name && (kind === 'ClusterRole' || each.metadata.namespace === metadata.namespace),
      );
      return (role?.['rules'] ?? []) as readonly Rule[];
    });
}

/** Whether the roles that are stored allow it; masters may do everything. */
export function isAllowed(store: ObjectStore, subject: Subject, asked: Attributes): boolean {
  if (subject.groups.includes('system:masters')) return true;
  return rulesOf(store, subject, asked.namespace).some((rule) => ruleAllows(rule, asked));
}
