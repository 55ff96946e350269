import type * as wire from '../proto/wire.ts';

/** What an egress rule for traffic through a Service names, as people type it. */
export const serviceRules: Readonly<Record<string, wire.ServiceRules>> = {
  'by-plugin': 'SERVICE_RULES_UNSPECIFIED',
  targets: 'SERVICE_RULES_TARGETS',
  addresses: 'SERVICE_RULES_ADDRESSES',
};
