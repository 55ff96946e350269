import { z } from 'zod';
import type { Labels } from './kubernetes.ts';

/*
 * kubectl prints `null` for what is empty, and the API means the same as absent. Both are replaced in place: the
 * transforms that would do it too take ten times as long, and a cluster has hundreds of thousands of objects.
 *
 * For the same reason the parts of a pod are written anew, field by field: what the engine sees written like that gets
 * as much room as it needs and one shape, whatever fields were there.
 */

/** A field that may be absent. */
export function optional<T extends z.ZodType>(schema: T): z.ZodType<z.output<T> | undefined> {
  return schema.nullish().overwrite((value) => value ?? undefined) as unknown as z.ZodType<z.output<T> | undefined>;
}

/** A field that has another value, made anew each time, when it is absent. */
function orElse<T extends z.ZodType>(schema: T, make: () => z.output<T>): z.ZodType<z.output<T>> {
  return schema
    .nullable()
    .overwrite((value) => value ?? make())
    .default(() => make() as never) as unknown as z.ZodType<z.output<T>>;
}

/** A list that is empty when absent. */
export function listOf<T extends z.ZodType>(schema: T): z.ZodType<z.output<T>[]> {
  return orElse(z.array(schema), () => []);
}

/** An object of which every field may be absent, and which may itself be. */
export function objectOf<T extends z.ZodRawShape>(shape: T): z.ZodType<z.output<z.ZodObject<T>>> {
  const object = z.object(shape);
  return orElse(object, () => object.parse({}));
}

const emptyText = orElse(z.string(), () => '');

export const labels = z.record(z.string(), z.string());
const labelsOrNone = orElse(labels, () => ({}));

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
  const read = z.object({
    name: z.string().min(1),
    namespace: emptyText,
    uid: emptyText,
    labels: labelsOrNone,
    annotations: labelsOrNone.overwrite((annotations) => pick(annotations, keeps)),
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
  return read.overwrite(
    ({ name, namespace, uid, labels: own, annotations, creationTimestamp, deletionTimestamp, ownerReferences }) => ({
      name,
      namespace,
      uid,
      labels: own,
      annotations,
      creationTimestamp,
      deletionTimestamp,
      ownerReferences,
    }),
  );
}

/** Metadata of kinds whose annotations nobody reads. */
export const metadata = metadataWith(() => false);

/** Pod templates need no name of their own. */
export const templateMetadata = objectOf({ labels: labelsOrNone });

export const portNumber = z.int().min(1).max(65535);
