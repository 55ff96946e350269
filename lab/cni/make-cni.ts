import { calico } from './calico.ts';
import { cilium } from './cilium.ts';
import type { Cni, CniName } from './cni.ts';
import { ovs } from './ovs.ts';
import { weave } from './weave.ts';

/** The CNI of that name, for one lab. */
export function makeCni(name: CniName, lab: string): Cni {
  switch (name) {
    case 'calico':
      return calico;
    case 'weave':
      return weave;
    case 'cilium':
      return cilium(lab);
    case 'ovs':
      return ovs(lab);
  }
}
