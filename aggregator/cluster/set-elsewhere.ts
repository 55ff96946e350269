import type { Logger } from 'pino';
import { messageOf } from '../../core/errors.ts';
import type { Milliseconds } from '../../core/time.ts';
import type { Aliases } from '../alias/aliases.ts';
import type { ClusterSettings } from '../settings/settings.ts';
import type { Store } from '../store/store.ts';

export interface SetElsewhereOptions {
  readonly cluster: string;
  readonly store: Store;
  readonly aliases: Aliases;
  readonly settings: ClusterSettings;
  readonly everyMs: Milliseconds;
  readonly log: Logger;
}

/** Takes up the aliases and settings that other aggregators on the same store have changed. */
export class SetElsewhere {
  readonly #options: SetElsewhereOptions;
  readonly #timer: NodeJS.Timeout | null;
  #looking: Promise<void> | null = null;

  constructor(options: SetElsewhereOptions) {
    this.#options = options;
    this.#timer = options.store.isShared ? setInterval(() => this.#look(), options.everyMs) : null;
  }

  #look(): void {
    const { log } = this.#options;
    this.#looking ??= this.#takeUp()
      .catch((error: unknown) =>
        log.warn({ error: messageOf(error) }, 'what others have set could not be read, to be tried again'),
      )
      .finally(() => {
        this.#looking = null;
      });
  }

  async #takeUp(): Promise<void> {
    const { cluster, store, aliases, settings } = this.#options;
    const revisions = await store.revisions(cluster);
    if (revisions.aliases > aliases.revision) await aliases.read();
    if (revisions.settings > settings.revision) await settings.current();
  }

  /** Ends what is under way. */
  async close(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    await this.#looking;
  }
}
