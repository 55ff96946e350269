import { z } from 'zod';
import { adminNetworkPolicy, baselineAdminNetworkPolicy, clusterNetworkPolicy } from './cluster-policy-schema.ts';
import { type KubernetesAny, nodeUidAnnotation } from './kubernetes.ts';
import { groupOf, otherPolicyKind } from './other-policy-kinds.ts';
import { networkPolicy } from './network-policy-schema.ts';
import {
  apiVersion,
  labels,
  listOf,
  metadata,
  metadataWith,
  objectOf,
  optional,
  portNumber,
  templateMetadata,
} from './schema-parts.ts';

/** Annotations of network plug-ins on a node: its addresses and blocks in their network. */
const networkAnnotation =
  /^([a-z.]*\.)?(projectcalico\.org|cilium\.io|cilium\.network|coreos\.com|k8s\.ovn\.org|antrea\.io|kube-router\.io)[/.]/;

const container = z.object({
  name: z.string().default(''),
  ports: listOf(z.object({ name: optional(z.string()), containerPort: portNumber, protocol: optional(z.string()) })),
});

const podSpec = objectOf({
  nodeName: optional(z.string()),
  hostNetwork: optional(z.boolean()),
  containers: listOf(container),
}).overwrite(({ nodeName, hostNetwork, containers }) => ({ nodeName, hostNetwork, containers }));

const podStatus = objectOf({
  phase: optional(z.string()),
  podIP: optional(z.string()),
  podIPs: optional(z.array(z.object({ ip: z.string() }))),
}).overwrite(({ phase, podIP, podIPs = [] }) => {
  const others = podIPs.filter(({ ip }) => ip !== podIP).map(({ ip }) => ({ ip }));
  return { phase, podIP, podIPs: others.length === 0 ? undefined : others };
});

const pod = z
  .object({
    apiVersion,
    kind: z.literal('Pod'),
    metadata: metadataWith((name) => name === nodeUidAnnotation),
    spec: podSpec,
    status: podStatus,
  })
  .overwrite(({ apiVersion: version, kind, metadata: meta, spec, status }) => ({
    apiVersion: version,
    kind,
    metadata: meta,
    spec,
    status,
  }));

const namespace = z.object({ apiVersion, kind: z.literal('Namespace'), metadata });

const node = z.object({
  apiVersion,
  kind: z.literal('Node'),
  metadata: metadataWith((name) => networkAnnotation.test(name)),
  spec: objectOf({ podCIDR: optional(z.string()), podCIDRs: optional(z.array(z.string())) }),
  status: objectOf({ addresses: optional(z.array(z.object({ type: z.string(), address: z.string() }))) }),
});

const servicePort = z.object({
  name: optional(z.string()),
  protocol: optional(z.string()),
  port: portNumber,
  targetPort: optional(z.union([z.int(), z.string()])),
  nodePort: optional(z.int()),
});

const service = z.object({
  apiVersion,
  kind: z.literal('Service'),
  metadata,
  spec: objectOf({
    type: optional(z.string()),
    clusterIP: optional(z.string()),
    clusterIPs: optional(z.array(z.string())),
    externalIPs: optional(z.array(z.string())),
    selector: optional(labels),
    ports: optional(z.array(servicePort)),
  }),
  status: objectOf({
    loadBalancer: optional(z.object({ ingress: optional(z.array(z.object({ ip: optional(z.string()) }))) })),
  }),
});

const endpoint = z
  .object({
    addresses: z.array(z.string()),
    targetRef: optional(
      z.object({ kind: z.string(), namespace: z.string(), name: z.string(), uid: optional(z.string()) }),
    ),
  })
  .transform(({ addresses, targetRef }) => ({ address: addresses[0] ?? '', targetRef }));

const endpointSlice = z.object({
  apiVersion,
  kind: z.literal('EndpointSlice'),
  metadata,
  addressType: z.string(),
  endpoints: listOf(endpoint),
  ports: listOf(z.object({ name: optional(z.string()), protocol: optional(z.string()), port: optional(z.int()) })),
});

const serviceCidr = z.object({
  apiVersion,
  kind: z.literal('ServiceCIDR'),
  metadata,
  spec: objectOf({ cidrs: listOf(z.string()) }),
});

/** Kept as it is: it has to be an object with a name, no more. */
const otherPolicy = z
  .looseObject({ apiVersion, kind: z.string(), metadata: metadataWith(() => true) })
  .transform(({ apiVersion: version, kind, metadata: meta, ...rest }) => {
    const { status: _, ...body } = rest;
    return { apiVersion: version, kind, metadata: meta, body };
  });

const podTemplate = z.object({ metadata: templateMetadata, spec: podSpec });

/** Where each kind keeps its template: `spec.template`, and one level deeper for CronJob. */
const controller = z
  .object({
    apiVersion,
    kind: z.string(),
    metadata,
    spec: objectOf({
      template: optional(podTemplate),
      jobTemplate: optional(z.object({ spec: optional(z.object({ template: optional(podTemplate) })) })),
      schedule: optional(z.string()),
      timeZone: optional(z.string()),
      suspend: optional(z.boolean()),
    }),
  })
  .transform(({ apiVersion: version, kind, metadata: meta, spec }) => {
    const { schedule: cron, timeZone, suspend } = spec;
    const template = spec.template ?? spec.jobTemplate?.spec?.template ?? null;
    const schedule = cron === undefined ? null : { cron, timeZone: timeZone ?? null, suspended: suspend === true };
    return { apiVersion: version, kind, metadata: meta, template, schedule };
  });

const controllerKinds = [
  'Deployment',
  'ReplicaSet',
  'StatefulSet',
  'DaemonSet',
  'Job',
  'CronJob',
  'ReplicationController',
];

const byKind: ReadonlyMap<string, z.ZodType> = new Map<string, z.ZodType>([
  ['Pod', pod],
  ['Namespace', namespace],
  ['Node', node],
  ['Service', service],
  ['EndpointSlice', endpointSlice],
  ['NetworkPolicy', networkPolicy],
  ['AdminNetworkPolicy', adminNetworkPolicy],
  ['BaselineAdminNetworkPolicy', baselineAdminNetworkPolicy],
  ['ClusterNetworkPolicy', clusterNetworkPolicy],
  ['ServiceCIDR', serviceCidr],
  ...controllerKinds.map((kind): [string, z.ZodType] => [kind, controller]),
]);

/** Kinds whose names other groups use too, for policies of their own. */
const groups: ReadonlyMap<string, string> = new Map([
  ['NetworkPolicy', 'networking.k8s.io'],
  ['AdminNetworkPolicy', 'policy.networking.k8s.io'],
  ['BaselineAdminNetworkPolicy', 'policy.networking.k8s.io'],
  ['ClusterNetworkPolicy', 'policy.networking.k8s.io'],
]);

/** The schema of a kind; null for kinds that Weir does not read, and for those of another group with the same name. */
export function schemaFor(kind: string, apiVersionOf: unknown): z.ZodType<KubernetesAny> | null {
  const group = typeof apiVersionOf === 'string' ? groupOf(apiVersionOf) : null;
  const isOther = group !== null && otherPolicyKind(kind, `${group}/`) !== null;
  const own = groups.get(kind);
  if (own !== undefined && !isOther && group !== null && group !== '' && group !== own) return null;
  const schema: z.ZodType | undefined = isOther ? otherPolicy : byKind.get(kind);
  // An absent field is read as undefined, which the types leave out: no reader tells one from the other.
  return (schema as z.ZodType<KubernetesAny> | undefined) ?? null;
}
