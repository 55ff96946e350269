import { WeirError } from '../core/errors.ts';
import { everyLabel, type ServiceRules, type Settings } from '../core/settings.ts';
import type * as wire from './wire.ts';

const wireServiceRules = {
  'by-plugin': 'SERVICE_RULES_UNSPECIFIED',
  targets: 'SERVICE_RULES_TARGETS',
  addresses: 'SERVICE_RULES_ADDRESSES',
} as const satisfies Record<ServiceRules, wire.ServiceRules>;

export function encodeSettings(settings: Settings): wire.Settings {
  return { ...settings, serviceRules: wireServiceRules[settings.serviceRules] };
}

/** What is asked for; whether it is valid is not known yet. @throws WeirError SETTINGS_INVALID when there is none */
export function decodeSettings(message: wire.Settings | null): Settings {
  if (message === null) throw new WeirError('SETTINGS_INVALID', 'the request has none; give them as they should be');
  const found = Object.entries(wireServiceRules).find(([, name]) => name === message.serviceRules);
  if (found === undefined) {
    const what = `service_rules ${message.serviceRules} is not known; is the other side of another version of Weir?`;
    throw new WeirError('SETTINGS_INVALID', what);
  }
  const { workloadLabels, namespaceLabels, podCidrs, serviceCidrs, revision } = message;
  return {
    workloadLabels: workloadLabels ?? everyLabel,
    namespaceLabels: namespaceLabels ?? everyLabel,
    podCidrs,
    serviceCidrs,
    serviceRules: found[0] as ServiceRules,
    revision,
  };
}
