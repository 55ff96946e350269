import type { Cni } from './cni.ts';

const idDigits = 15;

/** OVN-Kubernetes calls the node's end by the start of the sandbox's id, and writes the pod into OVSDB. */
export const ovnKubernetes: Cni = {
  name: 'ovn-kubernetes',
  plugins: ['ovn-k8s-cni-overlay'],
  links: /^ovn-k8s-/,
  paths: ['/var/run/ovn-kubernetes/cni/ovn-cni-server.sock'],
  infrastructure: /^(ovn-k8s-|patch-|br-)/,
  nameOf: ({ containerId, interfaceName }) =>
    containerId === '' || interfaceName !== 'eth0' ? null : containerId.slice(0, idDigits),
  store: 'ovsdb',
};
