import { type ClusterPolicy, isClusterPolicy } from './cluster-policy.ts';
import { type ClusterSnapshot, kindKey, type KubernetesAny, withoutTwins } from './kubernetes.ts';
import { type Fields, isFields } from './fields.ts';
import { type ManifestDocument, type Path, readDocuments } from './manifest-document.ts';
import { unfoldLists } from './manifest-list.ts';
import { otherPolicyKind } from './other-policy-kinds.ts';
import { readObject } from './read-object.ts';

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
  /** The line on which a value ends; null unless lines were asked for. */
  readonly lastLineOf: ((path: Path) => number) | null;
}

export interface Manifests {
  readonly objects: readonly ManifestObject[];
  readonly problems: readonly ManifestProblem[];
}

/** The namespace of an object that names none, as kubectl has it. */
const defaultNamespace = 'default';

const clusterWideKinds: ReadonlySet<string> = new Set(['Namespace', 'Node', 'ServiceCIDR']);

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

function withNamespace(object: KubernetesAny): KubernetesAny {
  const clusterWide =
    clusterWideKinds.has(object.kind) ||
    isClusterPolicy(object) ||
    otherPolicyKind(object.kind, object.apiVersion)?.namespaced === false;
  const namespace = clusterWide ? '' : object.metadata.namespace || defaultNamespace;
  if (namespace === object.metadata.namespace) return object;
  return Object.assign({}, object, { metadata: { ...object.metadata, namespace } });
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
    for (const { value, path } of unfoldLists(document.fields)) {
      const read = readObject(value);
      if ('message' in read) {
        const line = document.lineOf([...path, ...read.path]);
        problems.push({ source, line, object: describe(value), message: read.message });
      } else if (read.object !== null) {
        const lines = {
          lineOf: keepLines ? (within: Path) => document.lineOf([...path, ...within]) : null,
          lastLineOf: keepLines ? (within: Path) => document.lastLineOf([...path, ...within]) : null,
        };
        objects.push({ object: withNamespace(read.object), source, line: document.lineOf(path), ...lines });
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
    latest.set(`${kindKey(object)}/${object.metadata.namespace}/${object.metadata.name}`, object);
  }
  const all = [...latest.values()];
  const ofKind = <K extends KubernetesAny['kind']>(kind: K) =>
    all.filter((each): each is Extract<KubernetesAny, { kind: K }> => kindKey(each) === kind);
  return {
    namespaces: ofKind('Namespace'),
    nodes: ofKind('Node'),
    pods: ofKind('Pod'),
    services: ofKind('Service'),
    endpointSlices: ofKind('EndpointSlice'),
    networkPolicies: ofKind('NetworkPolicy'),
    clusterPolicies: all.filter((each): each is ClusterPolicy => isClusterPolicy(each)),
    serviceCidrs: ofKind('ServiceCIDR'),
    controllers: all.filter((each): each is Extract<KubernetesAny, { template: unknown }> => 'template' in each),
    otherPolicies: withoutTwins(all.filter((each) => 'body' in each)),
  };
}
