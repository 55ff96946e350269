import type { ManifestObject } from '../core/manifest.ts';
import type { Because, PolicyRef } from '../policy/evaluate/because.ts';
import type { Edit } from '../policy/explain/edit.ts';
import { pathOfPlace, type PolicyPath } from '../policy/evaluate/place.ts';

/** A line of a file. */
export interface SourceLine {
  readonly source: string;
  /** From 1. */
  readonly line: number;
}

function keyOf({ kind, namespace, name }: PolicyRef): string {
  return `${kind}/${namespace}/${name}`;
}

/** Finds where policies that were read from files are written. */
export class PolicySources {
  readonly #objects = new Map<string, ManifestObject>();

  constructor(objects: readonly ManifestObject[]) {
    for (const each of objects) {
      const { kind, metadata } = each.object;
      this.#objects.set(`${kind}/${metadata.namespace}/${metadata.name}`, each);
    }
  }

  /** Null for what no policy in a file decided. */
  ofBecause(because: Because): SourceLine | null {
    if (because.type === 'rule') return this.#at(because.policy, pathOfPlace(because));
    const first = because.type === 'default-deny' || because.type === 'open' ? because.policies[0] : undefined;
    return first === undefined ? null : this.#at(first, []);
  }

  /** Where to edit. */
  ofEdit(edit: Edit): SourceLine | null {
    if (edit.type === 'isolate') return null;
    const rule = edit.type === 'remove-rule' ? [edit.rule] : [];
    return this.#at(edit.policy, ['spec', edit.direction, ...rule]);
  }

  #at(policy: PolicyRef, path: PolicyPath): SourceLine | null {
    const found = this.#objects.get(keyOf(policy));
    if (found === undefined) return null;
    return { source: found.source, line: found.lineOf?.(path) ?? found.line };
  }
}
