import { createHash } from 'node:crypto';
import type { PodRef } from '../../core/identity.ts';

const prefix = 'cali';
const hashLength = 11;

export function isCalicoInterface(name: string): boolean {
  return name.startsWith(prefix);
}

/** The name that Calico gives the host side of a pod's interface: `cali` and the start of sha1("namespace.pod"). */
export function calicoInterface(pod: PodRef): string {
  const hash = createHash('sha1').update(`${pod.namespace}.${pod.name}`).digest('hex');
  return prefix + hash.slice(0, hashLength);
}
