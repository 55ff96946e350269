import type { Cni } from './cni.ts';

const idDigits = 7;

/** Weave Net calls the node's end `vethwepl` and the start of the sandbox's id. */
export const weave: Cni = {
  name: 'weave',
  plugins: ['weave-net'],
  links: /^(weave|vethwe-.*|vethwepl.*)$/,
  paths: [],
  infrastructure: /^vethwe-(bridge|datapath|pcap)$/,
  nameOf: ({ containerId }) => (containerId === '' ? null : `vethwepl${containerId.slice(0, idDigits)}`),
  store: null,
};
