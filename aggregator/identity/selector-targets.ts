import type { Protocol } from '../../core/flow.ts';
import type { Labels, Pod, Service, ServicePort } from '../../core/kubernetes.ts';
import { hasFinished } from '../../core/kubernetes.ts';
import type { Contribution } from './backends.ts';
import { portKey, type Target } from './holders.ts';
import type { KnownPod } from './known-pod.ts';

/** The number behind a target port on one pod; null when the pod has no port of that name. */
function numberOfTargetPort({ port, targetPort, protocol = 'TCP' }: ServicePort, pod: Pod): number | null {
  if (targetPort === undefined || targetPort === 0 || targetPort === '') return port;
  if (typeof targetPort === 'number') return targetPort;
  for (const { ports } of pod.spec.containers) {
    const named = ports?.find((each) => each.name === targetPort && (each.protocol ?? 'TCP') === protocol);
    if (named !== undefined) return named.containerPort;
  }
  return null;
}

function selects(selector: Labels | undefined, labels: Labels): boolean {
  const wanted = Object.entries(selector ?? {});
  return wanted.length > 0 && wanted.every(([key, value]) => labels[key] === value);
}

/** What a pod puts behind a Service by its labels; null when the Service's selector does not name it. */
export function contributionOfPod(service: Service, known: KnownPod): Contribution | null {
  const { pod, backend } = known;
  const { namespace, labels } = pod.metadata;
  if (namespace !== service.metadata.namespace || hasFinished(pod)) return null;
  if (!selects(service.spec.selector, labels)) return null;
  const contribution = new Map<string, readonly Target[]>();
  for (const port of service.spec.ports ?? []) {
    const number = numberOfTargetPort(port, pod);
    if (number === null) continue;
    contribution.set(portKey((port.protocol ?? 'TCP') as Protocol, port.port), [{ backend, port: number }]);
  }
  return contribution;
}
