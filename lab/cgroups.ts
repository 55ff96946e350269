import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync } from 'node:fs';

/** Where the machine has mounted the hierarchy of cgroup version 2; null when it has not. */
function unifiedMount(): string | null {
  for (const line of readFileSync('/proc/self/mountinfo', 'utf8').split('\n')) {
    const [before = '', after = ''] = line.split(' - ');
    if (after.startsWith('cgroup2 ')) return before.split(' ')[4] ?? null;
  }
  return null;
}

/** The cgroup below which all of a lab's are; null when this machine has none of version 2. */
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

/** Removes all cgroups of a lab, in which no process may run any more. */
export function removeCgroups(lab: string): void {
  const root = labCgroup(lab);
  if (root !== null && existsSync(root)) removeTree(root);
}

/** The files of a cgroup go with it and cannot be removed by themselves. */
function removeTree(cgroup: string): void {
  for (const entry of readdirSync(cgroup, { withFileTypes: true })) {
    if (entry.isDirectory()) removeTree(`${cgroup}/${entry.name}`);
  }
  rmdirSync(cgroup);
}
