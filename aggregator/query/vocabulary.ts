import type { Edge } from '../../core/edge.ts';
import type { Milliseconds } from '../../core/time.ts';
import { type Entity, namespaceOf } from '../../core/identity.ts';
import type { Alias } from '../../core/alias.ts';
import type { Workload } from '../../core/workload.ts';

/** A value of a field, with how many edges or workloads have it. */
export interface KnownValue {
  readonly text: string;
  readonly count: number;
}

export interface VocabularySource {
  readonly edges: () => readonly Edge[];
  readonly workloads: () => readonly Workload[];
  readonly namespaces: () => readonly string[];
  readonly aliases: () => readonly Alias[];
}

/** How many values of a field are known: those that occur most. */
const maxValues = 5_000;

/** For how long values are remembered: who types asks several times a second. */
const keepMs: Milliseconds = 5_000;

type Counts = Map<string, number>;

function count(counts: Counts, text: string, times = 1): void {
  counts.set(text, (counts.get(text) ?? 0) + times);
}

function countEdges(edges: readonly Edge[], values: (edge: Edge) => readonly string[]): Counts {
  const counts: Counts = new Map();
  for (const edge of edges) for (const value of values(edge)) count(counts, value);
  return counts;
}

function ends(edges: readonly Edge[], value: (end: Entity) => string | null): Counts {
  return countEdges(edges, ({ client, server }) =>
    [client, server].map(value).filter((text): text is string => text !== null),
  );
}

/** With those that are there without any edge. */
function alsoKnown(counts: Counts, texts: readonly string[]): Counts {
  for (const text of texts) count(counts, text, 0);
  return counts;
}

/** The values that fields of a filter have in a cluster now. */
export class Vocabulary {
  readonly #source: VocabularySource;
  readonly #now: () => number;
  readonly #byField = new Map<string, { readonly untilMs: number; readonly values: readonly KnownValue[] }>();

  constructor(source: VocabularySource, now: () => number) {
    this.#source = source;
    this.#now = now;
  }

  /** Those that occur most come first. @param field such as `namespace` or `label.app`; `label.` for the keys */
  values(field: string): readonly KnownValue[] {
    const known = this.#byField.get(field);
    if (known !== undefined && known.untilMs > this.#now()) return known.values;
    const values = [...this.#count(field)]
      .map(([text, times]) => ({ text, count: times }))
      .sort((a, b) => b.count - a.count || (a.text < b.text ? -1 : 1))
      .slice(0, maxValues);
    // Only fields that there are have any: what people mistype is not remembered.
    if (values.length > 0) this.#byField.set(field, { untilMs: this.#now() + keepMs, values });
    return values;
  }

  #count(field: string): Counts {
    const { edges, workloads, namespaces, aliases } = this.#source;
    if (field.startsWith('label.')) return labelCounts(workloads(), field.slice('label.'.length));
    switch (field) {
      case 'namespace':
        return alsoKnown(ends(edges(), namespaceOf), namespaces());
      case 'workload': {
        const names = workloads().map(({ ref }) => `${ref.kind.toLowerCase()}/${ref.name}`);
        const name = (end: Entity) => (end.type === 'workload' ? `${end.kind.toLowerCase()}/${end.name}` : null);
        return alsoKnown(ends(edges(), name), names);
      }
      case 'port':
        return countEdges(edges(), ({ port }) => [String(port)]);
      case 'reason':
        return countEdges(edges(), ({ merged }) => Object.keys(merged.drops));
      case 'service':
        return countEdges(edges(), ({ services }) => services.map(({ namespace, name }) => `${namespace}/${name}`));
      case 'name':
        return countEdges(edges(), ({ merged }) => merged.serverNames);
      case 'node':
        return ends(edges(), (end) => (end.type === 'node' ? end.name : null));
      case 'alias':
        return alsoKnown(
          ends(edges(), (end) => (end.type === 'external' ? (end.alias?.name ?? null) : null)),
          aliases().map(({ name }) => name),
        );
      case 'cidr':
        return alsoKnown(
          ends(edges(), (end) => (end.type === 'external' || end.type === 'unresolved' ? end.address : null)),
          aliases().map(({ cidr }) => cidr),
        );
      default:
        return new Map();
    }
  }
}

/** Values of a label, or with an empty key the keys that there are. */
function labelCounts(workloads: readonly Workload[], key: string): Counts {
  const counts: Counts = new Map();
  for (const { labels } of workloads) {
    if (key === '') for (const each of Object.keys(labels)) count(counts, each);
    else if (Object.hasOwn(labels, key)) count(counts, labels[key] as string);
  }
  return counts;
}
