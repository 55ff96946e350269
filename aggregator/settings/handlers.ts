import { decodeSettings, encodeSettings } from '../../proto/convert-settings.ts';
import type { SettingsHandlers } from '../../proto/services.ts';
import type { ClusterSettings } from './settings.ts';

/** What is answered to questions about the settings. */
export function settingsHandlers(settings: ClusterSettings): SettingsHandlers {
  return {
    getSettings: async () => ({ settings: encodeSettings(await settings.current()) }),
    setSettings: async (request) => ({
      settings: encodeSettings(await settings.set(decodeSettings(request.settings))),
    }),
  };
}
