import { antrea } from './antrea.ts';
import { awsVpc } from './aws-vpc.ts';
import { bridge } from './bridge.ts';
import { calico } from './calico.ts';
import { cilium } from './cilium.ts';
import type { Cni } from './cni.ts';
import { kindnet } from './kindnet.ts';
import { openshiftSdn } from './openshift-sdn.ts';
import { ovnKubernetes } from './ovn-kubernetes.ts';
import { weave } from './weave.ts';

/** Every CNI that is known. A new one is a file beside these and a line here. */
export const allCnis: readonly Cni[] = [
  calico,
  awsVpc,
  weave,
  cilium,
  ovnKubernetes,
  openshiftSdn,
  antrea,
  bridge,
  kindnet,
];
