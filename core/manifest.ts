import { LineCounter, parseAllDocuments, type Document } from 'yaml';
import type { ZodError } from 'zod';
import type { ClusterSnapshot } from './kubernetes.ts';
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
}

export interface Manifests {
  readonly objects: readonly ManifestObject[];
  readonly problems: readonly ManifestProblem[];
}

/** The namespace of an object that names none, as kubectl has it. */
const defaultNamespace = 'default';

type Path = readonly (string | number)[];

interface Found {
  readonly value: Record<string, unknown>;
  readonly path: Path;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Unfolds `kind: List` (and `kind: PodList` and the like); items may lack the kind that their list implies. */
function unfold(value: Record<string, unknown>, path: Path): Found[] {
  const { kind, items } = value;
  if (typeof kind !== 'string' || !kind.endsWith('List') || !Array.isArray(items)) return [{ value, path }];
  const implied = kind === 'List' ? {} : { kind: kind.slice(0, -'List'.length), apiVersion: value['apiVersion'] };
  return items.flatMap((item: unknown, index) =>
    isRecord(item) ? unfold({ ...implied, ...item }, [...path, 'items', index]) : [],
  );
}

function textOr(value: unknown, otherwise: string): string {
  return typeof value === 'string' ? value : otherwise;
}

function describe(value: Record<string, unknown>): string {
  const metadata = isRecord(value['metadata']) ? value['metadata'] : {};
  const namespace = textOr(metadata['namespace'], '');
  const name = textOr(metadata['name'], '(no name)');
  return `${textOr(value['kind'], 'object without kind')} ${namespace === '' ? '' : `${namespace}/`}${name}`;
}

function lineOf(document: Document.Parsed, counter: LineCounter, path: Path): number {
  for (let length = path.length; length >= 0; length--) {
    const node: unknown = document.getIn(path.slice(0, length), true);
    const range =
      isRecord(node) || (typeof node === 'object' && node !== null) ? (node as { range?: number[] }).range : undefined;
    if (range?.[0] !== undefined) return counter.linePos(range[0]).line;
  }
  return 1;
}

function firstIssue(error: ZodError): { path: Path; message: string } {
  const issue = error.issues[0];
  const path = (issue?.path ?? []).filter((part): part is string | number => typeof part !== 'symbol');
  return { path, message: `${path.join('.') || 'object'}: ${issue?.message ?? 'not valid'}` };
}

/**
 * Reads Kubernetes objects from YAML or JSON text: several documents, Lists, and what `kubectl get -o yaml` prints.
 * Kinds that Weir has no use for are passed over. Never throws for bad input: it is named in `problems`.
 */
export function parseManifests(text: string, source: string): Manifests {
  const counter = new LineCounter();
  const objects: ManifestObject[] = [];
  const problems: ManifestProblem[] = [];
  const documents = parseAllDocuments(text, { lineCounter: counter, uniqueKeys: true });
  for (const document of Array.isArray(documents) ? documents : []) {
    const broken = document.errors[0];
    if (broken !== undefined) {
      const line = counter.linePos(broken.pos[0]).line;
      problems.push({ source, line, object: 'document', message: broken.message.split('\n')[0] ?? broken.message });
      continue;
    }
    let value: unknown;
    try {
      value = document.toJS();
    } catch (error) {
      // Too many aliases: the document would unfold to far more than was written.
      const line = lineOf(document, counter, []);
      problems.push({
        source,
        line,
        object: 'document',
        message: error instanceof Error ? error.message : String(error),
      });
      continue;
    }
    if (value === null || value === undefined) continue;
    if (!isRecord(value)) {
      problems.push({
        source,
        line: lineOf(document, counter, []),
        object: 'document',
        message: 'not a Kubernetes object',
      });
      continue;
    }
    for (const found of unfold(value, [])) {
      const line = lineOf(document, counter, found.path);
      if (typeof found.value['kind'] !== 'string') {
        problems.push({ source, line, object: describe(found.value), message: 'kind is missing' });
        continue;
      }
      const schema = schemaFor(found.value['kind'], found.value['apiVersion']);
      if (schema === null) continue;
      const read = schema.safeParse(found.value);
      if (read.success) {
        objects.push({ object: withNamespace(read.data), source, line });
      } else {
        const { path, message } = firstIssue(read.error);
        const at = lineOf(document, counter, [...found.path, ...path]);
        problems.push({ source, line: at, object: describe(found.value), message });
      }
    }
  }
  return { objects, problems };
}

function withNamespace(object: KubernetesAny): KubernetesAny {
  const clusterWide = object.kind === 'Namespace' || object.kind === 'Node';
  const namespace = clusterWide ? '' : object.metadata.namespace || defaultNamespace;
  return { ...object, metadata: { ...object.metadata, namespace } };
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
    controllers: all.filter((each): each is Extract<KubernetesAny, { template: unknown }> => 'template' in each),
  };
}
