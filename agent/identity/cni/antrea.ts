import type { Cni } from './cni.ts';
import { hexHash } from './hashes.ts';

const nameLetters = 8;

/** Antrea calls the node's end by the pod's name and sha1(container), both cut short, and writes the pod into OVSDB. */
export const antrea: Cni = {
  name: 'antrea',
  plugins: ['antrea'],
  links: /^antrea-(gw|tun)\d+$/,
  paths: ['/var/run/antrea/cni.sock'],
  infrastructure: /^antrea-/,
  nameOf: ({ pod, containerId, interfaceName }) => {
    if (containerId === '' || interfaceName !== 'eth0') return null;
    const start = pod.name.slice(0, nameLetters).replace(/^-+|-+$/g, '');
    return `${start}-${hexHash('sha1', containerId, 6)}`;
  },
  store: 'ovsdb',
};
