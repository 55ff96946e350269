import { z } from 'zod';
import { parseAddress } from '../../../core/address.ts';
import type { LinkClaim } from '../claim.ts';

/** A row of OVSDB's table Interface, with the columns that are monitored. RFC 7047 writes an absent value as a set. */
const interfaceRow = z.object({
  name: z.string().max(255),
  ifindex: z.union([z.number().int().nonnegative(), z.tuple([z.literal('set'), z.array(z.unknown())])]),
  external_ids: z.tuple([z.literal('map'), z.array(z.tuple([z.string(), z.string()]))]),
});

export const interfaceColumns = ['name', 'ifindex', 'external_ids', 'type'];

/** `<namespace>_<pod>` of the pod's own network, with the network's name before it on others. */
const ovnPort = /^(?:.*_)?([a-z0-9-]+)_([a-z0-9.-]+)$/;

/** What a row says of a pod; null when it is about none. @throws ZodError when it is no such row */
export function claimOfRow(row: unknown): LinkClaim | null {
  const { name, ifindex, external_ids: pairs } = interfaceRow.parse(row);
  const ids = new Map(pairs[1]);
  const base = {
    means: 'ovsdb' as const,
    linkName: name,
    ifindex: typeof ifindex === 'number' ? ifindex : 0,
    containerId: ids.get('container-id') ?? ids.get('sandbox') ?? '',
    address: parseAddress((ids.get('ip-address') ?? ids.get('ip') ?? '').split(',')[0]?.trim() ?? ''),
    uid: ids.get('iface-id-ver') ?? null,
  };
  const [antreaName, antreaNamespace] = [ids.get('pod-name'), ids.get('pod-namespace')];
  if (antreaName !== undefined && antreaNamespace !== undefined) {
    return { ...base, pod: { namespace: antreaNamespace, name: antreaName } };
  }
  const [, namespace, pod] = (ids.has('sandbox') ? ovnPort.exec(ids.get('iface-id') ?? '') : null) ?? [];
  if (namespace !== undefined && pod !== undefined) return { ...base, pod: { namespace, name: pod } };
  return base.containerId === '' ? null : { ...base, pod: null };
}
