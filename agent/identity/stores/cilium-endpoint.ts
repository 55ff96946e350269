import { z } from 'zod';
import type { LinkClaim } from '../claim.ts';

/** The parts of an endpoint that are read, as Cilium's API gives it (api/v1/openapi.yaml, Endpoint). */
const endpoint = z.object({
  status: z.object({
    'external-identifiers': z
      .object({
        'k8s-namespace': z.string().optional(),
        'k8s-pod-name': z.string().optional(),
        'container-id': z.string().optional(),
      })
      .optional(),
    networking: z
      .object({ 'interface-index': z.number().int().optional(), 'interface-name': z.string().optional() })
      .optional(),
  }),
});

/** The same in the agent's state directory (pkg/endpoint, serializableEndpoint). */
const storedEndpoint = z.object({
  IfName: z.string(),
  IfIndex: z.number().int(),
  K8sPodName: z.string(),
  K8sNamespace: z.string(),
  dockerID: z.string().optional(),
});

/** Null for an endpoint that is no pod, as the host and the health check are. @throws ZodError */
export function claimOfEndpoint(given: unknown): LinkClaim | null {
  const { status } = endpoint.parse(given);
  const { 'k8s-namespace': namespace = '', 'k8s-pod-name': name = '' } = status['external-identifiers'] ?? {};
  const { 'interface-index': ifindex = 0, 'interface-name': linkName = '' } = status.networking ?? {};
  if (namespace === '' || name === '' || linkName === '') return null;
  const containerId = status['external-identifiers']?.['container-id'] ?? '';
  return { means: 'cilium-api', linkName, ifindex, pod: { namespace, name }, uid: null, containerId, address: null };
}

/** Null for an endpoint that is no pod. @throws ZodError */
export function claimOfStored(given: unknown): LinkClaim | null {
  const {
    IfName: linkName,
    IfIndex: ifindex,
    K8sPodName: name,
    K8sNamespace: namespace,
    dockerID = '',
  } = storedEndpoint.parse(given);
  if (namespace === '' || name === '' || linkName === '') return null;
  const pod = { namespace, name };
  return {
    means: 'cilium-state',
    linkName,
    ifindex,
    pod,
    uid: null,
    containerId: dockerID,
    address: null,
  };
}
