import type { Edge } from '../../core/edge.ts';
import { WeirError } from '../../core/errors.ts';
import type { Direction } from '../../core/flow.ts';
import { type Entity, entityKey, entityLabel } from '../../core/identity.ts';
import type { RowChoice } from './generate-options.ts';

type Row = Pick<RowChoice, 'client' | 'server' | 'protocol' | 'port' | 'direction'>;

/** An address is the same row whether or not it has a name by now; labels show kinds in lower case. */
function endKey(entity: Entity): string {
  if (entity.type === 'external' || entity.type === 'unresolved') return entity.address;
  return entityKey(entity.type === 'workload' ? { ...entity, kind: entity.kind.toLowerCase() } : entity);
}

function rowKey({ direction, client, server, protocol, port }: Row): string {
  return `${direction}|${endKey(client)}|${endKey(server)}|${protocol}|${port}`;
}

/** `egress shop/deployment/cart -> 203.0.113.7 443/TCP`. */
export function rowLabel({ direction, client, server, protocol, port }: Row): string {
  return `${direction} ${entityLabel(client)} -> ${entityLabel(server)} ${port}/${protocol}`;
}

/** What people chose for single rows. */
export class RowChoices {
  readonly #byRow = new Map<string, RowChoice>();
  readonly #met = new Set<RowChoice>();

  /** @throws WeirError QUERY_INVALID when one row is to be treated in two ways */
  constructor(choices: readonly RowChoice[]) {
    for (const choice of choices) {
      const key = rowKey(choice);
      const before = this.#byRow.get(key);
      if (before !== undefined && (before.include !== choice.include || before.cidr !== choice.cidr)) {
        throw new WeirError('QUERY_INVALID', `two choices contradict each other about ${rowLabel(choice)}; give one`);
      }
      this.#byRow.set(key, before ?? choice);
    }
  }

  of(edge: Edge, direction: Direction): RowChoice | null {
    if (this.#byRow.size === 0) return null;
    const choice = this.#byRow.get(rowKey({ ...edge, direction })) ?? null;
    if (choice !== null) this.#met.add(choice);
    return choice;
  }

  /** Those that no row was asked about, in their own order. */
  unmet(): RowChoice[] {
    return [...this.#byRow.values()].filter((choice) => !this.#met.has(choice));
  }
}
