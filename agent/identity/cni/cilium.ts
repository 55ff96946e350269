import type { Cni } from './cni.ts';
import { hexHash } from './hashes.ts';

/** Cilium calls the node's end `lxc` and the start of sha256("container:interface"), as veth and as netkit. */
export const cilium: Cni = {
  name: 'cilium',
  plugins: ['cilium-cni'],
  links: /^(cilium_(host|net|vxlan)|lxc[0-9a-f]{12})$/,
  paths: [],
  infrastructure: /^(lxc_health|cilium_.*)$/,
  nameOf: ({ containerId, interfaceName }) =>
    containerId === '' ? null : `lxc${hexHash('sha256', `${containerId}:${interfaceName}`, 12)}`,
  store: 'cilium',
};
