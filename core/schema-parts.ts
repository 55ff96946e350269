import { z } from 'zod';
import type { Labels } from './kubernetes.ts';

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

const nothing: Labels = Object.freeze({});

function pick(annotations: Labels, keeps: (name: string) => boolean): Labels {
  const kept = Object.entries(annotations).filter(([name]) => keeps(name));
  return kept.length === 0 ? nothing : Object.fromEntries(kept);
}

/**
 * Names and owners of an object, with those annotations that somebody reads: many hold whole copies of their object.
 * @param keeps whether an annotation is read
 */
export function metadataWith(keeps: (annotation: string) => boolean) {
  return z.object({
    name: z.string().min(1),
    namespace: emptyText,
    uid: emptyText,
    labels: labelsOrNone,
    annotations: labelsOrNone.transform((annotations) => pick(annotations, keeps)),
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
}

/** Metadata of kinds whose annotations nobody reads. */
export const metadata = metadataWith(() => false);

/** Pod templates need no name of their own. */
export const templateMetadata = objectOf({ labels: labelsOrNone });

export const portNumber = z.int().min(1).max(65535);
