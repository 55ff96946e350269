import type { Cni } from './cni.ts';

/** Flannel, and every other configuration that hands its pods to the plugin `bridge`: names are random. */
export const bridge: Cni = {
  name: 'bridge',
  plugins: ['flannel', 'bridge'],
  links: /^(cni\d+|flannel\.\d+)$/,
  paths: ['/run/flannel/subnet.env'],
  infrastructure: null,
  nameOf: () => null,
  store: null,
};
