import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { WeirError } from '../core/errors.ts';

const goneWithinMs = 10_000;

/** Where the hierarchy of cgroup version 2 is mounted and may be written to; null when it is nowhere (proc(5)). */
function unifiedMount(): string | null {
  for (const line of readFileSync('/proc/self/mountinfo', 'utf8').split('\n')) {
    const [before = '', after = ''] = line.split(' - ');
    const [, , , , path = '', options = ''] = before.split(' ');
    if (after.startsWith('cgroup2 ') && options.split(',').includes('rw')) return path;
  }
  return null;
}

/** The cgroup below which all of a lab's are; null when this machine has none of version 2 to write to. */
export function labCgroup(lab: string): string | null {
  const mount = unifiedMount();
  return mount === null ? null : `${mount}/weir-lab-${lab}`;
}

/** The cgroup of a node, which holds those of its pods. */
export function nodeCgroup(lab: string, node: string): string | null {
  const root = labCgroup(lab);
  return root === null ? null : `${root}/${node}`;
}

/** The cgroup of a pod's container, named as the kubelet and the container runtime do. */
export function podCgroup(lab: string, node: string, uid: string, sandbox: string): string | null {
  const root = nodeCgroup(lab, node);
  return root === null ? null : `${root}/kubepods/besteffort/pod${uid}/${sandbox}`;
}

/** Makes cgroups; nothing where the machine has none of version 2. */
export function makeCgroups(cgroups: readonly (string | null)[]): void {
  for (const cgroup of cgroups) if (cgroup !== null) mkdirSync(cgroup, { recursive: true });
}

/** Removes all cgroups of a lab, whose processes have ended. @throws LAB when the kernel does not let go of one */
export async function removeCgroups(lab: string): Promise<void> {
  const root = labCgroup(lab);
  if (root !== null && existsSync(root)) await removeTree(root, performance.now() + goneWithinMs);
}

/** The files of a cgroup go with it and cannot be removed by themselves. */
async function removeTree(cgroup: string, endMs: number): Promise<void> {
  for (const entry of readdirSync(cgroup, { withFileTypes: true })) {
    if (entry.isDirectory()) await removeTree(`${cgroup}/${entry.name}`, endMs);
  }
  while (!isRemoved(cgroup)) {
    if (performance.now() > endMs) throw new WeirError('LAB', `the cgroup ${cgroup} is still in use`);
    await sleep(10);
  }
}

/** A cgroup is busy for a moment after its last process has ended. */
function isRemoved(cgroup: string): boolean {
  try {
    rmdirSync(cgroup);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EBUSY') return false;
    throw error;
  }
}
