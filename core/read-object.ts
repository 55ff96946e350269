import type { ZodError } from 'zod';
import { isFields } from './fields.ts';
import type { KubernetesAny } from './kubernetes.ts';
import { schemaFor } from './manifest-schema.ts';

/** What is wrong with an object, and where in it. */
export interface ObjectIssue {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

function firstIssue(error: ZodError): ObjectIssue {
  const issue = error.issues[0];
  const path = (issue?.path ?? []).filter((part): part is string | number => typeof part !== 'symbol');
  const message = `${path.join('.') || 'object'}: ${issue?.message ?? 'not valid'}`;
  const unknownKey = issue?.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : [];
  return { path: [...path, ...unknownKey], message };
}

/** An object of a kind that Weir reads, null for any other, or what is wrong with it. */
export function readObject(value: unknown): { readonly object: KubernetesAny | null } | ObjectIssue {
  if (!isFields(value)) return { path: [], message: 'not a Kubernetes object' };
  const { kind, apiVersion } = value;
  if (typeof kind !== 'string') return { path: [], message: 'kind is missing' };
  const schema = schemaFor(kind, apiVersion);
  if (schema === null) return { object: null };
  const read = schema.safeParse(value);
  return read.success ? { object: read.data } : firstIssue(read.error);
}
