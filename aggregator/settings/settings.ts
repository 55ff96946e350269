import { type Cidr, parseCidr } from '../../core/address.ts';
import { WeirError } from '../../core/errors.ts';
import { defaultSettings, readSettings, type Settings } from '../../core/settings.ts';
import type { Store } from '../store/store.ts';

/** The blocks of addresses that settings name. */
export interface SettingsBlocks {
  readonly podCidrs: readonly Cidr[];
  readonly serviceCidrs: readonly Cidr[];
}

export interface ClusterSettingsOptions {
  readonly cluster: string;
  readonly store: Store;
  /** Is called with the blocks of the settings at the start, and whenever they were found changed. */
  readonly onBlocks: (blocks: SettingsBlocks) => void;
}

function blocksOf({ podCidrs, serviceCidrs }: Settings): SettingsBlocks {
  const parsed = (texts: readonly string[]) => texts.map(parseCidr).filter((block) => block !== null);
  return { podCidrs: parsed(podCidrs), serviceCidrs: parsed(serviceCidrs) };
}

/** The settings of a cluster. They are read from the store each time: another aggregator may have changed them. */
export class ClusterSettings {
  readonly #options: ClusterSettingsOptions;
  /** Whose blocks were handed on last; -1 before the first. */
  #revision = -1;

  /** @throws WeirError STORE */
  static async open(options: ClusterSettingsOptions): Promise<ClusterSettings> {
    const settings = new ClusterSettings(options);
    await settings.current();
    return settings;
  }

  private constructor(options: ClusterSettingsOptions) {
    this.#options = options;
  }

  /** Of the settings whose blocks were handed on last. */
  get revision(): number {
    return this.#revision;
  }

  /** @throws WeirError STORE */
  async current(): Promise<Settings> {
    const { cluster, store } = this.#options;
    const settings = (await store.settings(cluster)) ?? defaultSettings;
    this.#handOn(settings);
    return settings;
  }

  /**
   * Replaces the settings, provided that they still have the given revision; 0 replaces whatever there is.
   * @returns them as they are kept. @throws WeirError SETTINGS_INVALID, SETTINGS_CHANGED, STORE
   */
  async set(given: Settings): Promise<Settings> {
    const { cluster, store } = this.#options;
    const read = readSettings(given);
    for (;;) {
      const before = await this.current();
      if (read.revision !== 0 && read.revision !== before.revision) {
        const what = `they have revision ${before.revision}, not ${read.revision}; read them again and repeat the change`;
        throw new WeirError('SETTINGS_CHANGED', what);
      }
      const settings = { ...read, revision: before.revision + 1 };
      if (await store.setSettings(cluster, settings)) {
        this.#handOn(settings);
        return settings;
      }
    }
  }

  #handOn(settings: Settings): void {
    if (settings.revision <= this.#revision) return;
    this.#revision = settings.revision;
    this.#options.onBlocks(blocksOf(settings));
  }
}
