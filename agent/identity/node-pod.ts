import { z } from 'zod';
import { type Address, parseAddress } from '../../core/address.ts';
import type { PodRef } from '../../core/identity.ts';
import { optional } from '../../core/schema-parts.ts';
import type { Reading } from '../../kube/resource.ts';

/** What the agent keeps of a pod of its node. */
export interface NodePod {
  readonly ref: PodRef;
  /** Of a static pod: the UID by which the kubelet knows it, and by which its cgroups are named. */
  readonly configHash: string | null;
  /** Addresses that are the pod's own: none for a pod in its node's network, or one that has finished. */
  readonly addresses: readonly Address[];
}

const pod = z.object({
  metadata: z.object({
    namespace: z.string().min(1),
    name: z.string().min(1),
    uid: z.string().min(1),
    annotations: optional(z.object({ 'kubernetes.io/config.hash': optional(z.string()) })),
  }),
  spec: z.object({ hostNetwork: optional(z.boolean()) }),
  status: optional(
    z.object({
      phase: optional(z.string()),
      podIP: optional(z.string()),
      podIPs: optional(z.array(z.object({ ip: z.string() }))),
    }),
  ),
});

/** Reads a pod as the API gives it. */
export function readNodePod(value: unknown): Reading<NodePod> {
  const read = pod.safeParse(value);
  if (!read.success) {
    const issue = read.error.issues[0];
    return { problem: `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not a pod'}` };
  }
  const { metadata, spec, status } = read.data;
  const { namespace, name, uid, annotations } = metadata;
  // A finished pod keeps its address in its status, but the network has already given it back.
  const isFinished = status?.phase === 'Succeeded' || status?.phase === 'Failed';
  const texts = [status?.podIP ?? '', ...(status?.podIPs ?? []).map(({ ip }) => ip)];
  const own = spec.hostNetwork === true || isFinished ? [] : texts.map(parseAddress);
  return {
    object: {
      ref: { namespace, name, uid },
      configHash: annotations?.['kubernetes.io/config.hash'] ?? null,
      addresses: [...new Set(own.filter((address) => address !== null))],
    },
  };
}
