import type { Baseline } from '../../core/baseline.ts';
import type { Edge } from '../../core/edge.ts';
import { WeirError } from '../../core/errors.ts';
import { compareText } from '../../core/order.ts';
import type { Store } from '../store/store.ts';
import { type BaselineEdge, packBaseline, unpackBaseline } from './baseline-edges.ts';

export interface BaselinesOptions {
  readonly cluster: string;
  readonly store: Store;
  /** How many there may be. */
  readonly maxBaselines: number;
}

const validName = /^(?=.{1,63}$)[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/;
const maxComment = 200;

/** What was accepted as what should be, by name. Read from the store each time: other aggregators may set it too. */
export class Baselines {
  readonly #options: BaselinesOptions;

  constructor(options: BaselinesOptions) {
    this.#options = options;
  }

  /** Sorted by name. @throws WeirError STORE */
  async list(): Promise<Baseline[]> {
    const { cluster, store } = this.#options;
    return (await store.baselines(cluster)).toSorted((a, b) => compareText(a.name, b.name));
  }

  /** @throws WeirError BASELINE_UNKNOWN, STORE */
  async get(name: string): Promise<{ readonly baseline: Baseline; readonly edges: readonly BaselineEdge[] }> {
    const { cluster, store } = this.#options;
    const baseline = (await store.baselines(cluster)).find((each) => each.name === name);
    const packed = baseline === undefined ? null : await store.baselineEdges(cluster, name);
    if (baseline === undefined || packed === null) throw unknown(name);
    return { baseline, edges: unpackBaseline(packed) };
  }

  /** Replaces the one of the same name. @throws WeirError BASELINE_INVALID, STORE */
  async set(given: Omit<Baseline, 'edges'>, edges: readonly Edge[]): Promise<Baseline> {
    const { cluster, store, maxBaselines } = this.#options;
    const { name, comment } = given;
    if (!validName.test(name)) {
      const what = `the name ${JSON.stringify(name.slice(0, 80))}; give 1 to 63 lower case letters, digits, - and .`;
      throw new WeirError('BASELINE_INVALID', what);
    }
    if (comment.length > maxComment) {
      throw new WeirError('BASELINE_INVALID', `the comment has more than ${maxComment} characters; shorten it`);
    }
    const others = (await store.baselines(cluster)).filter((each) => each.name !== name);
    if (others.length >= maxBaselines) {
      throw new WeirError(
        'BASELINE_INVALID',
        `there are ${maxBaselines} already; remove one, or raise --max-baselines`,
      );
    }
    const baseline = { ...given, edges: edges.length };
    await store.setBaseline(cluster, baseline, packBaseline(edges));
    return baseline;
  }

  /** @throws WeirError BASELINE_UNKNOWN, STORE */
  async remove(name: string): Promise<void> {
    const { cluster, store } = this.#options;
    if ((await store.baselines(cluster)).every((each) => each.name !== name)) throw unknown(name);
    await store.removeBaseline(cluster, name);
  }
}

function unknown(name: string): WeirError {
  return new WeirError('BASELINE_UNKNOWN', `${JSON.stringify(name.slice(0, 80))}; list them to see which there are`);
}
