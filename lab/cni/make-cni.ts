import { calico } from './calico.ts';
import type { Cni, CniName } from './cni.ts';
import { weave } from './weave.ts';

/** The CNI of that name, for one lab. */
export function makeCni(name: CniName, _lab: string): Cni {
  switch (name) {
    case 'calico':
      return calico;
    case 'weave':
      return weave;
    default:
      throw new Error(name);
  }
}
