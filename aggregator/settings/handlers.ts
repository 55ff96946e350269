import { decodeSettings, encodeSettings } from '../../proto/convert-settings.ts';
import type { SettingsHandlers } from '../../proto/services.ts';
import { checkCluster } from '../query/question.ts';
import type { ClusterSettings } from './settings.ts';

export interface SettingsParts {
  readonly cluster: string;
  readonly settings: ClusterSettings;
}

/** What is answered to questions about the settings. */
export function settingsHandlers({ cluster, settings }: SettingsParts): SettingsHandlers {
  return {
    getSettings: async (request) => {
      checkCluster(request.cluster, cluster);
      return { settings: encodeSettings(await settings.current()) };
    },
    setSettings: async (request) => {
      checkCluster(request.cluster, cluster);
      return { settings: encodeSettings(await settings.set(decodeSettings(request.settings))) };
    },
  };
}
