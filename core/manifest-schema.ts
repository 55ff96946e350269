import { z } from 'zod';
import type { Controller, EndpointSlice, Namespace, NetworkPolicy, Node, Pod, Service } from './kubernetes.ts';

/** Any object that Weir reads. */
export type KubernetesAny = Namespace | Node | Pod | Service | EndpointSlice | NetworkPolicy | Controller;

const labels = z.record(z.string(), z.string());
/** kubectl prints `null` for what is empty; the API means the same as absent. */
const emptyLabels = labels.nullish().transform((value) => value ?? {});

const ownerReference = z.object({
  apiVersion: z.string().optional(),
  kind: z.string(),
  name: z.string(),
  uid: z.string().default(''),
  controller: z.boolean().optional(),
});

const metadata = z.object({
  name: z.string().min(1),
  namespace: z.string().default(''),
  uid: z.string().default(''),
  labels: emptyLabels,
  annotations: emptyLabels,
  creationTimestamp: z
    .string()
    .nullish()
    .transform((value) => value ?? undefined),
  ownerReferences: z
    .array(ownerReference)
    .nullish()
    .transform((value) => value ?? []),
});

/** Pod templates need no name of their own. */
const templateMetadata = z
  .object({ labels: emptyLabels })
  .nullish()
  .transform((value) => value ?? { labels: {} });

const portNumber = z.number().int().min(1).max(65535);

const container = z.object({
  name: z.string().default(''),
  ports: z
    .array(z.object({ name: z.string().optional(), containerPort: portNumber, protocol: z.string().optional() }))
    .nullish()
    .transform((value) => value ?? []),
});

const podSpec = z.object({
  nodeName: z.string().optional(),
  hostNetwork: z.boolean().optional(),
  containers: z
    .array(container)
    .nullish()
    .transform((value) => value ?? []),
});

const apiVersion = z.string().default('');

const pod = z.object({
  apiVersion,
  kind: z.literal('Pod'),
  metadata,
  spec: podSpec.default({ containers: [] }),
  status: z
    .object({
      phase: z.string().optional(),
      podIP: z.string().optional(),
      podIPs: z.array(z.object({ ip: z.string() })).optional(),
      hostIP: z.string().optional(),
    })
    .default({}),
});

const namespace = z.object({ apiVersion, kind: z.literal('Namespace'), metadata });

const node = z.object({
  apiVersion,
  kind: z.literal('Node'),
  metadata,
  spec: z.object({ podCIDR: z.string().optional(), podCIDRs: z.array(z.string()).optional() }).default({}),
  status: z.object({ addresses: z.array(z.object({ type: z.string(), address: z.string() })).optional() }).default({}),
});

const service = z.object({
  apiVersion,
  kind: z.literal('Service'),
  metadata,
  spec: z
    .object({
      type: z.string().optional(),
      clusterIP: z.string().optional(),
      clusterIPs: z.array(z.string()).optional(),
      externalIPs: z.array(z.string()).optional(),
      selector: labels.optional(),
      ports: z
        .array(
          z.object({
            name: z.string().optional(),
            protocol: z.string().optional(),
            port: portNumber,
            targetPort: z.union([z.number().int(), z.string()]).optional(),
            nodePort: z.number().int().optional(),
          }),
        )
        .optional(),
    })
    .default({}),
  status: z
    .object({
      loadBalancer: z.object({ ingress: z.array(z.object({ ip: z.string().optional() })).optional() }).optional(),
    })
    .default({}),
});

const endpointSlice = z.object({
  apiVersion,
  kind: z.literal('EndpointSlice'),
  metadata,
  addressType: z.string(),
  endpoints: z
    .array(
      z.object({
        addresses: z.array(z.string()),
        conditions: z.object({ ready: z.boolean().optional() }).optional(),
        targetRef: z
          .object({ kind: z.string(), namespace: z.string(), name: z.string(), uid: z.string().optional() })
          .optional(),
      }),
    )
    .nullish()
    .transform((value) => value ?? []),
  ports: z
    .array(
      z.object({ name: z.string().optional(), protocol: z.string().optional(), port: z.number().int().optional() }),
    )
    .nullish()
    .transform((value) => value ?? []),
});

const requirement = z.strictObject({
  key: z.string().min(1),
  operator: z.enum(['In', 'NotIn', 'Exists', 'DoesNotExist']),
  values: z.array(z.string()).optional(),
});

const labelSelector = z.strictObject({
  matchLabels: labels.optional(),
  matchExpressions: z.array(requirement).optional(),
});

const peer = z
  .strictObject({
    podSelector: labelSelector.optional(),
    namespaceSelector: labelSelector.optional(),
    ipBlock: z.strictObject({ cidr: z.string(), except: z.array(z.string()).optional() }).optional(),
  })
  .refine(
    (value) => value.podSelector || value.namespaceSelector || value.ipBlock,
    'a peer needs a selector or an ipBlock',
  )
  .refine(
    (value) => !(value.ipBlock && (value.podSelector || value.namespaceSelector)),
    'ipBlock stands alone in its peer',
  );

const policyPort = z
  .strictObject({
    protocol: z.enum(['TCP', 'UDP', 'SCTP']).optional(),
    port: z.union([portNumber, z.string().min(1)]).optional(),
    endPort: portNumber.optional(),
  })
  .refine(
    (value) => value.endPort === undefined || (typeof value.port === 'number' && value.endPort >= value.port),
    'endPort needs a numeric port that is not above it',
  );

const ports = z
  .array(policyPort)
  .nullish()
  .transform((value) => value ?? undefined);
const peers = z
  .array(peer)
  .nullish()
  .transform((value) => value ?? undefined);
/** An empty rule may be written as `{}` or left empty in YAML. */
const rules = <T extends z.ZodType>(rule: T) =>
  z
    .array(z.preprocess((value) => value ?? {}, rule))
    .nullish()
    .transform((value) => value ?? undefined);

const networkPolicy = z.object({
  apiVersion,
  kind: z.literal('NetworkPolicy'),
  metadata,
  spec: z.strictObject({
    podSelector: z.preprocess((value) => value ?? {}, labelSelector),
    policyTypes: z
      .array(z.enum(['Ingress', 'Egress']))
      .nullish()
      .transform((value) => value ?? undefined),
    ingress: rules(z.strictObject({ from: peers, ports })),
    egress: rules(z.strictObject({ to: peers, ports })),
  }),
});

const podTemplate = z.object({ metadata: templateMetadata, spec: podSpec.default({ containers: [] }) });

/** Where each kind keeps its template: `spec.template`, and one level deeper for CronJob. */
const controller = z
  .object({
    apiVersion,
    kind: z.string(),
    metadata,
    spec: z
      .object({
        template: podTemplate.optional(),
        jobTemplate: z.object({ spec: z.object({ template: podTemplate.optional() }).optional() }).optional(),
      })
      .default({}),
  })
  .transform(({ spec, ...rest }) => ({ ...rest, template: spec.template ?? spec.jobTemplate?.spec?.template ?? null }));

const controllerKinds = new Set([
  'Deployment',
  'ReplicaSet',
  'StatefulSet',
  'DaemonSet',
  'Job',
  'CronJob',
  'ReplicationController',
]);

const byKind: Readonly<Record<string, z.ZodType>> = {
  Pod: pod,
  Namespace: namespace,
  Node: node,
  Service: service,
  EndpointSlice: endpointSlice,
};

/** The schema of a kind; null for kinds that Weir does not read (another group's NetworkPolicy too). */
export function schemaFor(kind: string, apiVersionOf: unknown): z.ZodType<KubernetesAny> | null {
  if (kind === 'NetworkPolicy') {
    const foreign = typeof apiVersionOf === 'string' && !apiVersionOf.startsWith('networking.k8s.io/');
    return foreign ? null : (networkPolicy as unknown as z.ZodType<KubernetesAny>);
  }
  if (controllerKinds.has(kind)) return controller as unknown as z.ZodType<KubernetesAny>;
  return (byKind[kind] as z.ZodType<KubernetesAny> | undefined) ?? null;
}
