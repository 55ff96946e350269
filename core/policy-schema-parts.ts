import { z } from 'zod';
import { parseCidr } from './address.ts';
import { labels, optional } from './schema-parts.ts';

/*
 * Policies are read strictly, unlike the other kinds: a misspelt field changes what a policy allows, so it must not be
 * passed over.
 */

const requirement = z
  .strictObject({
    key: z.string().min(1),
    operator: z.enum(['In', 'NotIn', 'Exists', 'DoesNotExist']),
    values: optional(z.array(z.string())),
  })
  .refine(
    ({ operator, values = [] }) => (operator === 'In' || operator === 'NotIn') === values.length > 0,
    'In and NotIn need values, Exists and DoesNotExist take none',
  );

/** metav1.LabelSelector. */
export const labelSelector = z.strictObject({
  matchLabels: optional(labels),
  matchExpressions: optional(z.array(requirement)),
});

/** A block of either family. */
export const cidr = z
  .string()
  .refine((text) => parseCidr(text) !== null, 'not a CIDR block such as 10.0.0.0/8 or 2001:db8::/32');

/** IANA_SVC_NAME (RFC 6335, section 5.1) in the lower case that the API demands. */
export const portName = /^(?=.{1,15}$)(?=.*[a-z])[a-z0-9]+(-[a-z0-9]+)*$/;
