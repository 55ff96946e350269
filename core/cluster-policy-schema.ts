import { z } from 'zod';
import { cidr, labelSelector, portName } from './policy-schema-parts.ts';
import { metadataWith, optional, portNumber } from './schema-parts.ts';

/* Policies are shown as they are, and brought back: all annotations are kept. */
const metadata = metadataWith(() => true);

/* The rules are those of the CustomResourceDefinitions (sigs.k8s.io/network-policy-api, config/crd). */

const protocol = optional(z.enum(['TCP', 'UDP', 'SCTP']));

/** Fields of which at most one may be set. */
function oneOf<T extends z.ZodRawShape>(shape: T, least: 0 | 1) {
  const names = Object.keys(shape).join(', ');
  const count = (value: object) => Object.values(value).filter((field) => field !== undefined).length;
  const few = least === 0 ? 'not more than one' : 'exactly one';
  return z
    .strictObject(shape)
    .refine((value) => count(value) <= 1 && count(value) >= least, `${few} of ${names} must be set`);
}

function listUpTo<T extends z.ZodType>(most: number, item: T) {
  return z.array(item).min(1, 'must not be empty; leave it out for everything').max(most);
}

const selector = z.preprocess((value) => value ?? {}, labelSelector);
const namespacedPods = z.strictObject({ namespaceSelector: selector, podSelector: selector });
const podPeers = { namespaces: optional(labelSelector), pods: optional(namespacedPods) };
const subject = oneOf(podPeers, 1);
/** kubebuilder's pattern of a DomainName. */
const domainName = z
  .string()
  .regex(
    /^(\*\.)?([a-zA-Z0-9]([-a-zA-Z0-9_]*[a-zA-Z0-9])?\.)+[a-zA-Z0-9]([-a-zA-Z0-9_]*[a-zA-Z0-9])?\.?$/,
    'not a domain name such as example.com or *.example.com',
  );
const networks = z.array(cidr).min(1).max(25);
// A peer of which no field is left is read: the rule that has it fails closed.
const ingressPeer = oneOf(podPeers, 0);
const outwards = { ...podPeers, nodes: optional(labelSelector), networks: optional(networks) };
const baselineEgressPeer = oneOf(outwards, 0);
const egressPeer = oneOf({ ...outwards, domainNames: optional(z.array(domainName).min(1).max(25)) }, 0);

const namedPort = z.string().regex(portName, 'not the name of a container port');

function isRange({ start, end }: { readonly start: number; readonly end: number }): boolean {
  return start < end;
}
const rangeMessage = 'start must be below end';

const adminPort = oneOf(
  {
    portNumber: optional(z.strictObject({ protocol, port: portNumber })),
    portRange: optional(z.strictObject({ protocol, start: portNumber, end: portNumber }).refine(isRange, rangeMessage)),
    namedPort: optional(namedPort),
  },
  1,
);

const range = z.strictObject({ start: portNumber, end: portNumber }).refine(isRange, rangeMessage);
const destination = z.strictObject({
  destinationPort: optional(oneOf({ number: optional(portNumber), range: optional(range) }, 1)),
});
const transport = optional(destination);
const protocolMatch = oneOf(
  { tcp: transport, udp: transport, sctp: transport, destinationNamedPort: optional(namedPort) },
  1,
);

const name = optional(z.string().max(100));

/** Which addresses a name has is learned as pods ask for it, so what must not be reached cannot be told by name. */
function namesOnlyAllow({
  action,
  to,
}: {
  readonly action: string;
  readonly to: readonly { readonly domainNames?: unknown }[];
}): boolean {
  return action === 'Allow' || action === 'Accept' || to.every(({ domainNames }) => domainNames === undefined);
}
const namesMessage = 'domainNames can be given only where the action allows';

function adminRules(actions: readonly ['Allow', 'Deny', 'Pass'] | readonly ['Allow', 'Deny'], to: z.ZodType<object>) {
  const common = { name, action: z.enum(actions), ports: optional(listUpTo(100, adminPort)) };
  const egress = z.strictObject({ ...common, to: listUpTo(100, to) }).refine(namesOnlyAllow, namesMessage);
  return {
    ingress: optional(z.array(z.strictObject({ ...common, from: listUpTo(100, ingressPeer) })).max(100)),
    egress: optional(z.array(egress).max(100)),
  };
}

const clusterCommon = {
  name,
  action: z.enum(['Accept', 'Deny', 'Pass']),
  protocols: optional(listUpTo(25, protocolMatch)),
};
const clusterEgress = z
  .strictObject({ ...clusterCommon, to: listUpTo(25, egressPeer) })
  .refine(namesOnlyAllow, namesMessage);

const priority = z.int().min(0).max(1000);

/** Versions that are read; a List may leave the version of its items out. */
function version(...names: readonly string[]) {
  const known = new Set(['', ...names]);
  return z
    .string()
    .nullish()
    .transform((value) => value ?? '')
    .refine((value) => known.has(value), `only ${names.join(' and ')} can be read`);
}

const v1alpha1 = version('policy.networking.k8s.io/v1alpha1');

export const adminNetworkPolicy = z.object({
  apiVersion: v1alpha1,
  kind: z.literal('AdminNetworkPolicy'),
  metadata,
  spec: z.strictObject({ priority, subject, ...adminRules(['Allow', 'Deny', 'Pass'], egressPeer) }),
});

export const baselineAdminNetworkPolicy = z.object({
  apiVersion: v1alpha1,
  kind: z.literal('BaselineAdminNetworkPolicy'),
  metadata: metadata.refine((value) => value.name === 'default', 'the one there may be is named default'),
  spec: z.strictObject({ subject, ...adminRules(['Allow', 'Deny'], baselineEgressPeer) }),
});

export const clusterNetworkPolicy = z.object({
  apiVersion: version('policy.networking.k8s.io/v1alpha2', 'policy.networking.k8s.io/v1beta1'),
  kind: z.literal('ClusterNetworkPolicy'),
  metadata,
  spec: z.strictObject({
    tier: z.enum(['Admin', 'Baseline']),
    priority,
    subject,
    ingress: optional(z.array(z.strictObject({ ...clusterCommon, from: listUpTo(25, ingressPeer) })).max(25)),
    egress: optional(z.array(clusterEgress).max(25)),
  }),
});
