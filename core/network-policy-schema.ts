import { z } from 'zod';
import { addressFromBytes, cidrContains, parseCidr } from './address.ts';
import { cidr, labelSelector, portName } from './policy-schema-parts.ts';
import { apiVersion, metadataWith, optional, portNumber } from './schema-parts.ts';

/* The rules are those of the API server (kubernetes/pkg/apis/networking/validation). */

function isInside(block: string, except: string): boolean {
  const outer = parseCidr(block);
  const inner = parseCidr(except);
  if (outer === null || inner === null) return false;
  return inner.prefix > outer.prefix && cidrContains(outer, addressFromBytes(inner.network));
}

const ipBlock = z
  .strictObject({ cidr, except: optional(z.array(cidr)) })
  .refine(
    (block) => (block.except ?? []).every((each) => isInside(block.cidr, each)),
    'every except must lie within the cidr and be smaller',
  );

const peer = z
  .strictObject({
    podSelector: optional(labelSelector),
    namespaceSelector: optional(labelSelector),
    ipBlock: optional(ipBlock),
  })
  .refine(
    (value) => value.podSelector || value.namespaceSelector || value.ipBlock,
    'a peer needs a selector or an ipBlock',
  )
  .refine(
    (value) => !(value.ipBlock && (value.podSelector || value.namespaceSelector)),
    'ipBlock stands alone in its peer',
  );

const portMessage = 'a port is a number from 1 to 65535 or the name of a container port';

const policyPort = z
  .strictObject({
    protocol: optional(z.enum(['TCP', 'UDP', 'SCTP'])),
    port: optional(z.union([portNumber, z.string().regex(portName, portMessage)], portMessage)),
    endPort: optional(portNumber),
  })
  .refine(
    (value) => value.endPort === undefined || (typeof value.port === 'number' && value.endPort >= value.port),
    'endPort needs a numeric port that is not above it',
  );

const ports = optional(z.array(policyPort));
const peers = optional(z.array(peer));

/** An empty rule may be written as `{}` or left empty in YAML. */
function rulesOf<T extends z.ZodType>(rule: T) {
  return optional(z.array(z.preprocess((value) => value ?? {}, rule)));
}

export const networkPolicy = z.object({
  apiVersion,
  kind: z.literal('NetworkPolicy'),
  metadata: metadataWith(() => true),
  spec: z.strictObject({
    podSelector: z.preprocess((value) => value ?? {}, labelSelector),
    policyTypes: optional(z.array(z.enum(['Ingress', 'Egress']))),
    ingress: rulesOf(z.strictObject({ from: peers, ports })),
    egress: rulesOf(z.strictObject({ to: peers, ports })),
  }),
});
