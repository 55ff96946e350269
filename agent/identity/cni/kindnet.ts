import type { Cni } from './cni.ts';

/** kindnet, and every other configuration of the plugin `ptp`: names are random, and each pod has a route of its own. */
export const kindnet: Cni = {
  name: 'kindnet',
  plugins: ['kindnet', 'ptp'],
  links: /^knet[0-9a-f]+$/,
  paths: [],
  infrastructure: null,
  nameOf: () => null,
  store: 'routes',
};
