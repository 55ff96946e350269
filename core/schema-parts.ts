import { z } from 'zod';

/** A field that may be absent. kubectl prints `null` for what is empty, and the API means the same as absent. */
export function optional<T extends z.ZodType>(schema: T) {
  return schema.nullish().transform((value) => value ?? undefined);
}

/** A list that is empty when absent. */
export function listOf<T extends z.ZodType>(schema: T) {
  return z
    .array(schema)
    .nullish()
    .transform((value) => value ?? []);
}

/** An object of which every field may be absent, and which may itself be. */
export function objectOf<T extends z.ZodRawShape>(shape: T) {
  return z.preprocess((value) => value ?? {}, z.object(shape));
}

const emptyText = z
  .string()
  .nullish()
  .transform((value) => value ?? '');

export const labels = z.record(z.string(), z.string());
const labelsOrNone = labels.nullish().transform((value) => value ?? {});

export const apiVersion = emptyText;

export const metadata = z.object({
  name: z.string().min(1),
  namespace: emptyText,
  uid: emptyText,
  labels: labelsOrNone,
  annotations: labelsOrNone,
  creationTimestamp: optional(z.string()),
  deletionTimestamp: optional(z.string()),
  ownerReferences: listOf(
    z.object({
      apiVersion: optional(z.string()),
      kind: z.string(),
      name: z.string(),
      uid: emptyText,
      controller: optional(z.boolean()),
    }),
  ),
});

/** Pod templates need no name of their own. */
export const templateMetadata = objectOf({ labels: labelsOrNone });

export const portNumber = z.int().min(1).max(65535);
