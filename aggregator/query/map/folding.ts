import type { Address } from '../../../core/address.ts';
import { type Entity, namespaceOf } from '../../../core/identity.ts';
import { namespacePlace, Placement } from './placement.ts';

export interface FoldingQuestion {
  /** Everything that is to be shown, each once. */
  readonly entities: readonly Entity[];
  /** Closed ones that are to be shown in any case. */
  readonly namespaces: readonly string[];
  readonly names: ReadonlyMap<Address, string>;
  /** Namespaces that are to be open; null for all. */
  readonly open: ReadonlySet<string> | null;
  /** One that stays open whatever happens. */
  readonly kept: string | null;
  readonly maxNodes: number;
}

export interface FoldingAnswer {
  readonly placement: Placement;
  /** Whether it is coarser than was asked for. */
  readonly isCoarser: boolean;
}

function nodeCount({ entities, namespaces }: FoldingQuestion, placement: Placement): number {
  const ids = entities.map((entity) => placement.of(entity).id);
  return new Set([...ids, ...namespaces.map((name) => namespacePlace(name).id)]).size;
}

function openCounts({ entities, open, kept }: FoldingQuestion): (readonly [namespace: string, entities: number])[] {
  const counts = new Map<string, number>();
  for (const entity of entities) {
    const namespace = namespaceOf(entity);
    if (namespace === null || namespace === kept || open?.has(namespace) === false) continue;
    counts.set(namespace, (counts.get(namespace) ?? 0) + 1);
  }
  return [...counts].toSorted(([, a], [, b]) => b - a);
}

/**
 * The finest map that has room: namespaces are closed, those with the most in them first, and then what is outside
 * becomes one. It may still have too many nodes.
 */
export function foldingFor(question: FoldingQuestion): FoldingAnswer {
  const { names, maxNodes } = question;
  let placement = new Placement({ open: question.open, outsideIsOne: false }, names);
  let count = nodeCount(question, placement);
  if (count <= maxNodes) return { placement, isCoarser: false };
  const bySize = openCounts(question);
  const open = new Set([...bySize.map(([namespace]) => namespace), ...(question.kept === null ? [] : [question.kept])]);
  for (const [namespace, size] of bySize) {
    if (count <= maxNodes) break;
    open.delete(namespace);
    count -= size - 1;
  }
  placement = new Placement({ open, outsideIsOne: false }, names);
  if (nodeCount(question, placement) > maxNodes) placement = new Placement({ open, outsideIsOne: true }, names);
  return { placement, isCoarser: true };
}
