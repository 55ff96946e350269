import type { Milliseconds } from '../../../core/time.ts';
import type { LinkClaim } from '../claim.ts';
import type { StoreName } from '../cni/cni.ts';
import type { Route } from '../routes.ts';
import type { SourceState } from '../sandboxes/sandbox.ts';
import { Cilium } from './cilium.ts';
import { Ovsdb } from './ovsdb.ts';
import { routeClaims } from './routes.ts';

export interface StoreOptions {
  /** Unix socket of the node's ovsdb-server. */
  readonly ovsdb: string;
  /** Cilium's run directory. */
  readonly cilium: string;
  /** How long a server may take to answer. */
  readonly answerMs: Milliseconds;
}

const firstRetryMs = 500;
const longestRetryMs = 15_000;

/** The records of the CNIs at work; those that none of them keeps are not opened. */
export class Stores {
  readonly #options: StoreOptions;
  readonly #onChange: () => void;
  #ovsdb: Ovsdb | null = null;
  #cilium: Cilium | null = null;
  #routes = false;

  constructor(options: StoreOptions, onChange: () => void) {
    this.#options = options;
    this.#onChange = onChange;
  }

  /** Opens what is wanted and closes what is not. */
  use(wanted: ReadonlySet<StoreName>): void {
    const { ovsdb: path, cilium: folder, answerMs } = this.#options;
    this.#routes = wanted.has('routes');
    if (!wanted.has('ovsdb')) this.#closeOvsdb();
    else this.#ovsdb ??= new Ovsdb({ path, silenceMs: answerMs, firstRetryMs, longestRetryMs }, this.#onChange);
    if (!wanted.has('cilium')) this.#cilium = null;
    else this.#cilium ??= new Cilium({ folder, timeoutMs: answerMs }, this.#onChange);
  }

  /** Has those asked that tell nothing by themselves. */
  ask(): void {
    void this.#cilium?.ask();
  }

  claims(routes: readonly Route[]): LinkClaim[] {
    const fromRoutes = this.#routes ? routeClaims(routes) : [];
    return [...(this.#ovsdb?.claims() ?? []), ...(this.#cilium?.claims() ?? []), ...fromRoutes];
  }

  get states(): SourceState[] {
    const off = (name: string): SourceState => ({ name, state: 'off', detail: 'no CNI at work here uses it' });
    return [this.#ovsdb?.state ?? off('ovsdb'), this.#cilium?.state ?? off('cilium')];
  }

  #closeOvsdb(): void {
    this.#ovsdb?.close();
    this.#ovsdb = null;
  }

  close(): void {
    this.#closeOvsdb();
    this.#cilium = null;
  }
}
