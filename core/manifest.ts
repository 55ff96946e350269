import type { ZodError } from 'zod';
import { type ClusterPolicy, isClusterPolicy } from './cluster-policy.ts';
import type { ClusterSnapshot } from './kubernetes.ts';
import { type Fields, isFields, type ManifestDocument, type Path, readDocuments } from './manifest-document.ts';
import { type KubernetesAny, schemaFor } from './manifest-schema.ts';

/** Something in a manifest that could not be read. The rest is read all the same. */
export interface ManifestProblem {
  /** File name, or whatever the caller named the text. */
  readonly source: string;
  /** From 1; the line on which the object, or the part of it that is wrong, begins. */
  readonly line: number;
  /** `kind namespace/name` as far as known. */
  readonly object: string;
  readonly message: string;
}

export interface ManifestObject {
  readonly object: KubernetesAny;
  readonly source: string;
  /** Line on which the object begins, from 1. */
  readonly line: number;
  /** The line of a value in the object; null unless lines were asked for. */
  readonly lineOf: ((path: Path) => number) | null;
}

export interface Manifests {
  readonly objects: readonly ManifestObject[];
  readonly problems: readonly ManifestProblem[];
}

/** The namespace of an object that names none, as kubectl has it. */
const defaultNamespace = 'default';

interface Item {
  readonly value: unknown;
  readonly path: Path;
}

interface Issue {
  readonly path: Path;
  readonly message: string;
}

/** Unfolds `kind: List` (and `kind: PodList` and the like); items may lack the kind that their list implies. */
function unfold(value: unknown, path: Path): Item[] {
  if (!isFields(value)) return [{ value, path }];
  const { kind, items } = value;
  if (typeof kind !== 'string' || !kind.endsWith('List') || !Array.isArray(items)) return [{ value, path }];
  const implied = kind === 'List' ? {} : { kind: kind.slice(0, -'List'.length), apiVersion: value['apiVersion'] };
  return items.flatMap((item: unknown, index) =>
    unfold(isFields(item) ? { ...implied, ...item } : item, [...path, 'items', index]),
  );
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

function describe(value: unknown): string {
  if (!isFields(value)) return 'item of a list';
  const metadata: Fields = isFields(value['metadata']) ? value['metadata'] : {};
  const namespace = textOf(metadata['namespace']);
  const name = textOf(metadata['name']) ?? '(no name)';
  return `${textOf(value['kind']) ?? 'object without kind'} ${namespace === null ? name : `${namespace}/${name}`}`;
}

function firstIssue(error: ZodError): Issue {
  const issue = error.issues[0];
  const path = (issue?.path ?? []).filter((part): part is string | number => typeof part !== 'symbol');
  const message = `${path.join('.') || 'object'}: ${issue?.message ?? 'not valid'}`;
  const unknownKey = issue?.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : [];
  return { path: [...path, ...unknownKey], message };
}

function withNamespace(object: KubernetesAny): KubernetesAny {
  const clusterWide = object.kind === 'Namespace' || object.kind === 'Node' || isClusterPolicy(object);
  const namespace = clusterWide ? '' : object.metadata.namespace || defaultNamespace;
  return Object.assign({}, object, { metadata: { ...object.metadata, namespace } });
}

/** An object of a kind that Weir reads, null for any other, or what is wrong with it. */
function readObject(value: unknown): { readonly object: KubernetesAny | null } | Issue {
  if (!isFields(value)) return { path: [], message: 'not a Kubernetes object' };
  const { kind, apiVersion } = value;
  if (typeof kind !== 'string') return { path: [], message: 'kind is missing' };
  const schema = schemaFor(kind, apiVersion);
  if (schema === null) return { object: null };
  const read = schema.safeParse(value);
  return read.success ? { object: withNamespace(read.data) } : firstIssue(read.error);
}

/**
 * Reads Kubernetes objects from YAML or JSON text: several documents, Lists, and what `kubectl get -o yaml` prints.
 * Kinds that Weir has no use for are passed over. Never throws for bad input: it is named in `problems`.
 * @param keepLines whether lines can be asked for afterwards, which keeps all that was read in memory
 */
export function parseManifests(text: string, source: string, keepLines = false): Manifests {
  const objects: ManifestObject[] = [];
  const problems: ManifestProblem[] = [];
  const readItems = (document: Extract<ManifestDocument, { fields: Fields }>) => {
    for (const { value, path } of unfold(document.fields, [])) {
      const read = readObject(value);
      if ('message' in read) {
        const line = document.lineOf([...path, ...read.path]);
        problems.push({ source, line, object: describe(value), message: read.message });
      } else if (read.object !== null) {
        const lineOf = keepLines ? (within: Path) => document.lineOf([...path, ...within]) : null;
        objects.push({ object: read.object, source, line: document.lineOf(path), lineOf });
      }
    }
  };
  for (const document of readDocuments(text)) {
    if ('fields' in document) readItems(document);
    else problems.push({ source, line: document.line, object: 'document', message: document.message });
  }
  return { objects, problems };
}

/** Sorts objects into a snapshot. Of two objects of one kind and name the later one stands. */
export function snapshotOf(objects: Iterable<KubernetesAny>): ClusterSnapshot {
  const latest = new Map<string, KubernetesAny>();
  for (const object of objects) {
    latest.set(`${object.kind}/${object.metadata.namespace}/${object.metadata.name}`, object);
  }
  const all = [...latest.values()];
  const ofKind = <K extends KubernetesAny['kind']>(kind: K) =>
    all.filter((each): each is Extract<KubernetesAny, { kind: K }> => each.kind === kind);
  return {
    namespaces: ofKind('Namespace'),
    nodes: ofKind('Node'),
    pods: ofKind('Pod'),
    services: ofKind('Service'),
    endpointSlices: ofKind('EndpointSlice'),
    networkPolicies: ofKind('NetworkPolicy'),
    clusterPolicies: all.filter((each): each is ClusterPolicy => isClusterPolicy(each)),
    controllers: all.filter((each): each is Extract<KubernetesAny, { template: unknown }> => 'template' in each),
  };
}
