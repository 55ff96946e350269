import type { Cni } from './cni.ts';
import { hexHash } from './hashes.ts';

/** Amazon's VPC CNI calls the node's end `eni` and the start of sha1("namespace.pod"). */
export const awsVpc: Cni = {
  name: 'aws-vpc',
  plugins: ['aws-cni'],
  links: /^eni[0-9a-f]{11}$/,
  paths: ['/var/run/aws-node'],
  infrastructure: null,
  nameOf: ({ pod }) => `eni${hexHash('sha1', `${pod.namespace}.${pod.name}`, 11)}`,
  store: 'routes',
};
