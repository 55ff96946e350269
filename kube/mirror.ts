import { ByName } from '../core/by-name.ts';
import { type ListedObject, objectKey, type ObjectName } from './messages.ts';
import type { Change, Reading } from './resource.ts';

const maxToldProblems = 20;
const maxProblemLength = 200;

/** Knows which objects of a collection there are, in which version, and which of them cannot be read. */
export class Mirror<T> {
  readonly #read: (value: unknown) => Reading<T>;
  readonly #onProblem: (key: string, problem: string) => void;
  /** The version of each object: what a list need not tell again, and what it shows to be gone. */
  readonly #versions = new ByName<string>();
  readonly #problems = new Map<string, string>();

  /** @param onProblem is told of an object that cannot be read when that is news */
  constructor(read: (value: unknown) => Reading<T>, onProblem: (key: string, problem: string) => void) {
    this.#read = read;
    this.#onProblem = onProblem;
  }

  get size(): number {
    return this.#versions.size;
  }

  /** How many objects cannot be read. */
  get unreadable(): number {
    return this.#problems.size;
  }

  /** The first objects that cannot be read, as `key: what is wrong`. */
  get problems(): readonly string[] {
    return [...this.#problems].slice(0, maxToldProblems).map(([key, problem]) => `${key}: ${problem}`);
  }

  /** Takes an object of a list. @returns null when it is known in this version already */
  takeListed(item: ListedObject): Change<T> | null {
    const { namespace, name, resourceVersion } = item;
    return resourceVersion !== '' && this.#versions.get(namespace, name) === resourceVersion ? null : this.take(item);
  }

  take(item: ListedObject): Change<T> {
    const key = objectKey(item);
    const reading = this.#read(item.value);
    this.#versions.set(item.namespace, item.name, item.resourceVersion);
    if ('object' in reading) {
      this.#problems.delete(key);
      return { key, object: reading.object };
    }
    const problem = reading.problem.slice(0, maxProblemLength);
    if (!this.#problems.has(key)) this.#onProblem(key, problem);
    this.#problems.set(key, problem);
    // What it was before is not what it is now: unknown is better than wrong.
    return { key, object: null };
  }

  /** @returns null when it was not known */
  forget(item: ObjectName): Change<T> | null {
    if (!this.#versions.delete(item.namespace, item.name)) return null;
    const key = objectKey(item);
    this.#problems.delete(key);
    return { key, object: null };
  }

  /** Forgets all that a complete list did not show. @param listed by `objectKey` */
  keepOnly(listed: ReadonlySet<string>): Change<T>[] {
    const gone = [...this.#versions.names()].filter((each) => !listed.has(objectKey(each)));
    return gone.map((each) => this.forget(each)).filter((change) => change !== null);
  }
}
