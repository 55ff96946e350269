import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { WeirError } from '../../../core/errors.ts';
import { nodeCgroup } from '../../cgroups.ts';
import type { LabNode, LabPod } from '../../cluster.ts';
import { mustRun } from '../../command.ts';
import { pinsDir } from '../../names.ts';
import { batch } from '../../netns.ts';

const socketHooks = ['connect4', 'sendmsg4', 'recvmsg4', 'getpeername4'] as const;

function pins(lab: string, node: LabNode): string {
  return `${pinsDir(lab)}/cilium-${node.name}`;
}

/** Where the maps of a node are pinned. */
export function mapsOf(lab: string, node: LabNode): string {
  return `${pins(lab, node)}/maps`;
}

async function load(lab: string, node: LabNode, object: 'socket' | 'endpoint'): Promise<void> {
  const file = join(import.meta.dirname, `${object}.bpf.o`);
  await mustRun(['bpftool', 'prog', 'loadall', file, `${pins(lab, node)}/${object}`, 'pinmaps', mapsOf(lab, node)]);
}

/** Loads a node's programs, and attaches those for sockets to the cgroup of its pods. @throws LAB without a cgroup */
export async function loadPrograms(lab: string, node: LabNode): Promise<void> {
  const cgroup = nodeCgroup(lab, node.name);
  if (cgroup === null) {
    throw new WeirError(
      'LAB',
      'load balancing at the socket needs cgroup version 2; mount it, or choose another --cni',
    );
  }
  await mkdir(cgroup, { recursive: true });
  await mkdir(pins(lab, node), { recursive: true });
  await load(lab, node, 'socket');
  await load(lab, node, 'endpoint');
  for (const hook of socketHooks) {
    await mustRun(['bpftool', 'cgroup', 'attach', cgroup, hook, 'pinned', `${pins(lab, node)}/socket/${hook}`]);
  }
}

/** Attaches a node's programs to the interfaces of its pods. */
export async function attachPrograms(lab: string, node: LabNode, pods: readonly LabPod[]): Promise<void> {
  const at = `${pins(lab, node)}/endpoint`;
  await batch(
    'tc',
    node.netns,
    pods.flatMap(({ interface: link }) => [
      `qdisc add dev ${link} clsact`,
      `filter add dev ${link} ingress bpf direct-action object-pinned ${at}/from_container`,
      `filter add dev ${link} egress bpf direct-action object-pinned ${at}/to_container`,
    ]),
  );
}
