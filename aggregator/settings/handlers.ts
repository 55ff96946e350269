import { decodeSettings, encodeSettings } from '../../proto/convert-settings.ts';
import type { SettingsHandlers } from '../../proto/services.ts';
import type { UnaryWrapper } from '../api/unary.ts';
import { checkCluster } from '../query/question.ts';
import type { ClusterSettings } from './settings.ts';

export interface SettingsParts {
  readonly cluster: string;
  readonly settings: ClusterSettings;
  readonly unary: UnaryWrapper;
}

/** The gRPC side of the settings. */
export function settingsHandlers({ cluster, settings, unary }: SettingsParts): SettingsHandlers {
  return {
    getSettings: unary(async (request) => {
      checkCluster(request.cluster, cluster);
      return { settings: encodeSettings(await settings.current()) };
    }),
    setSettings: unary(async (request) => {
      checkCluster(request.cluster, cluster);
      return { settings: encodeSettings(await settings.set(decodeSettings(request.settings))) };
    }),
  };
}
