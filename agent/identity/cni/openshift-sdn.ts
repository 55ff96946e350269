import type { Cni } from './cni.ts';

/** OpenShift SDN gives random names, and writes sandbox and address of an interface into OVSDB. */
export const openshiftSdn: Cni = {
  name: 'openshift-sdn',
  plugins: ['openshift-sdn'],
  links: /^vxlan_sys_4789$/,
  paths: ['/var/run/openshift-sdn/cniserver/socket'],
  infrastructure: null,
  nameOf: () => null,
  store: 'ovsdb',
};
