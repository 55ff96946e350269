import type { Cni } from './cni.ts';
import { hexHash } from './hashes.ts';

/**
 * Calico calls the node's end `cali` and the start of sha1("namespace.pod"), for the pod's own interface. A pod that a
 * StatefulSet makes again has the same name again.
 */
export const calico: Cni = {
  name: 'calico',
  plugins: ['calico'],
  links: /^cali[0-9a-f]{11}$/,
  paths: [],
  infrastructure: null,
  nameOf: ({ pod }) => `cali${hexHash('sha1', `${pod.namespace}.${pod.name}`, 11)}`,
  store: 'routes',
};
