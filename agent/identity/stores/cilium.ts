import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Milliseconds } from '../../../core/time.ts';
import type { LinkClaim } from '../claim.ts';
import { complaintOf } from '../complaint.ts';
import type { SourceState } from '../sandboxes/sandbox.ts';
import { claimOfEndpoint, claimOfStored } from './cilium-endpoint.ts';
import { getJson } from './unix-get.ts';

export interface CiliumOptions {
  /** Cilium's run directory, with `cilium.sock` and `state/<endpoint>/ep_config.json`. */
  readonly folder: string;
  readonly timeoutMs: Milliseconds;
}

const maxBytes = 64 << 20;
const maxEndpoints = 16_384;
const maxFileBytes = 1 << 20;

interface Read {
  readonly claims: readonly LinkClaim[];
  /** How many could not be read. */
  readonly bad: number;
}

function readAll(entries: readonly unknown[], read: (entry: unknown) => LinkClaim | null): Read {
  const claims: LinkClaim[] = [];
  let bad = Math.max(0, entries.length - maxEndpoints);
  for (const entry of entries.slice(0, maxEndpoints)) {
    try {
      const claim = read(entry);
      if (claim !== null) claims.push(claim);
    } catch {
      bad++;
    }
  }
  return { claims, bad };
}

/** Reads what Cilium's agent knows of its endpoints: from its API, or from its state directory where that is silent. */
export class Cilium {
  readonly #options: CiliumOptions;
  readonly #onChange: () => void;
  #claims: readonly LinkClaim[] = [];
  #known = '';
  #asking: Promise<void> | null = null;
  #state: SourceState = { name: 'cilium', state: 'off', detail: 'not asked yet' };

  constructor(options: CiliumOptions, onChange: () => void) {
    this.#options = options;
    this.#onChange = onChange;
  }

  get state(): SourceState {
    return this.#state;
  }

  claims(): readonly LinkClaim[] {
    return this.#claims;
  }

  /** Asks, unless it is being asked already. */
  ask(): Promise<void> {
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = null;
    });
    return this.#asking;
  }

  async #ask(): Promise<void> {
    const { folder, timeoutMs } = this.#options;
    try {
      const answer = await getJson(join(folder, 'cilium.sock'), '/v1/endpoint', { timeoutMs, maxBytes });
      this.#keep(readAll(z.array(z.unknown()).parse(answer), claimOfEndpoint), 'ok', 'endpoints');
    } catch (error) {
      this.#keep(this.#readState(), 'failing', `endpoints in the state directory; its API: ${complaintOf(error)}`);
    }
  }

  #keep({ claims, bad }: Read, state: SourceState['state'], what: string): void {
    const badText = bad > 0 ? `, ${bad} could not be read` : '';
    this.#state = { name: 'cilium', state, detail: `${claims.length} ${what}${badText}` };
    this.#claims = claims;
    const known = JSON.stringify(claims);
    if (known === this.#known) return;
    this.#known = known;
    this.#onChange();
  }

  #readState(): Read {
    const folder = join(this.#options.folder, 'state');
    let names: string[];
    try {
      names = readdirSync(folder).filter((name) => /^\d+$/.test(name));
    } catch {
      return { claims: [], bad: 0 };
    }
    return readAll(names, (name) => {
      const file = join(folder, String(name), 'ep_config.json');
      const { size } = statSync(file);
      if (size > maxFileBytes) throw new Error(`${file} has more than ${maxFileBytes} bytes`);
      return claimOfStored(JSON.parse(readFileSync(file, 'utf8')));
    });
  }
}
