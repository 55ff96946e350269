import { z } from 'zod';

/*
 * What the API servers take, as far as generated policies use it. Cilium: the CustomResourceDefinition of
 * ciliumnetworkpolicies (cilium/cilium, pkg/k8s/apis/cilium.io/client/crds/v2) and the checks of its agent
 * (pkg/policy/api/rule_validation.go). Calico: api/pkg/apis/projectcalico/v3/networkpolicy.go,
 * stagednetworkpolicy.go and policy_common.go of projectcalico/calico.
 */

const cidr = z.string().regex(/^[0-9a-f.:]+\/\d{1,3}$/);
const labels = z.record(z.string().regex(/^((k8s:)?[A-Za-z0-9/._-]+)$/), z.string().max(63));
const expression = z.strictObject({
  key: z.string(),
  operator: z.enum(['In', 'NotIn', 'Exists', 'DoesNotExist']),
  values: z.array(z.string()).optional(),
});
const selector = z.strictObject({ matchLabels: labels.optional(), matchExpressions: z.array(expression).optional() });
const metadata = z.strictObject({
  name: z.string().max(253),
  namespace: z.string().max(63),
  labels: z.record(z.string(), z.string()).optional(),
});

const ciliumPort = z.strictObject({
  port: z
    .string()
    .regex(/^(6553[0-5]|655[0-2]\d|65[0-4]\d\d|6[0-4]\d{3}|[1-5]?\d{1,4}|[a-zA-Z0-9]-?([a-zA-Z0-9]-?)*)$/),
  endPort: z.int().min(0).max(65535).optional(),
  protocol: z.enum(['TCP', 'UDP', 'SCTP', 'ICMP', 'ICMPv6', 'ANY']),
});
const toPorts = z.array(z.strictObject({ ports: z.array(ciliumPort).max(40) })).optional();
const cidrSet = z.array(z.strictObject({ cidr, except: z.array(cidr).optional() }));

/** Of the peers of one rule all are of one sort. */
function oneSort(rule: object): boolean {
  return Object.keys(rule).filter((key) => key !== 'toPorts').length <= 1;
}

const ingressRule = z
  .strictObject({
    fromEndpoints: z.array(selector).optional(),
    fromCIDR: z.array(cidr).optional(),
    fromCIDRSet: cidrSet.optional(),
    fromEntities: z.array(z.enum(['all'])).optional(),
    toPorts,
  })
  .refine(oneSort);
const egressRule = z
  .strictObject({
    toEndpoints: z.array(selector).optional(),
    toCIDR: z.array(cidr).optional(),
    toCIDRSet: cidrSet.optional(),
    toEntities: z.array(z.enum(['all'])).optional(),
    toPorts,
  })
  .refine(oneSort);

export const ciliumNetworkPolicy = z.strictObject({
  apiVersion: z.literal('cilium.io/v2'),
  kind: z.literal('CiliumNetworkPolicy'),
  metadata,
  spec: z.strictObject({
    endpointSelector: selector,
    ingress: z.array(ingressRule).min(1).optional(),
    egress: z.array(egressRule).min(1).optional(),
  }),
});

/** `key == 'value' && has(key)`: the parts of the expression language that are used. */
const calicoSelector = z
  .string()
  .max(1024)
  .regex(
    /^(all\(\)|(!?has\([^)']+\)|[\w./-]+ (== '[^']*'|(not )?in \{'[^']*'(, '[^']*')*\}))( && (!?has\([^)']+\)|[\w./-]+ (== '[^']*'|(not )?in \{'[^']*'(, '[^']*')*\})))*)$/,
  );
const calicoPort = z.union([z.int().min(0).max(65535), z.string().regex(/^(\d+:\d+|[a-z0-9-]+)$/)]);
const nets = z
  .array(cidr)
  .max(256)
  .refine((all) => new Set(all.map((each) => each.includes(':'))).size <= 1, 'blocks of both families in one rule');
const calicoEntity = z.strictObject({
  nets: nets.optional(),
  notNets: nets.optional(),
  selector: calicoSelector.optional(),
  namespaceSelector: calicoSelector.optional(),
  ports: z.array(calicoPort).max(50).optional(),
});
const calicoRule = z
  .strictObject({
    action: z.literal('Allow'),
    protocol: z.enum(['TCP', 'UDP', 'SCTP']).optional(),
    source: calicoEntity.optional(),
    destination: calicoEntity.optional(),
  })
  .refine((rule) => rule.protocol !== undefined || rule.destination?.ports === undefined, 'ports need a protocol');
const calicoSpec = {
  selector: calicoSelector,
  types: z.array(z.enum(['Ingress', 'Egress'])).min(1),
  ingress: z.array(calicoRule).optional(),
  egress: z.array(calicoRule).optional(),
};

export const calicoNetworkPolicy = z.strictObject({
  apiVersion: z.literal('projectcalico.org/v3'),
  kind: z.literal('NetworkPolicy'),
  metadata,
  spec: z.strictObject(calicoSpec),
});

export const calicoStagedNetworkPolicy = z.strictObject({
  apiVersion: z.literal('projectcalico.org/v3'),
  kind: z.literal('StagedNetworkPolicy'),
  metadata,
  spec: z.strictObject({ stagedAction: z.enum(['Set', 'Delete', 'Learn', 'Ignore']), ...calicoSpec }),
});
