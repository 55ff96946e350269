import { Option } from 'commander';
import { type CniName, cniNames } from './cni/cni.ts';

/** What a lab looks like, as its commands take it. */
export interface Shape {
  readonly cni: CniName;
  readonly nodes: '1' | '2';
}

export const cniOption = new Option('--cni <name>', 'as whose pods the pods are wired')
  .choices(cniNames)
  .default('calico');

export const nodesOption = new Option('--nodes <count>', 'how many nodes there are').choices(['1', '2']).default('2');

/** Names of that many nodes. */
export function nodeNames(count: Shape['nodes']): string[] {
  return Array.from({ length: Number(count) }, (_, index) => `n${index + 1}`);
}
