/** Which pod and container a process belongs to, as its cgroup says. */
export interface CgroupOwner {
  /** The pod's UID; of a static pod, the hash of its configuration. */
  readonly podUid: string;
  /** Empty when the path ends with the pod. */
  readonly containerId: string;
}

/**
 * `kubepods-burstable-pod<UID with _ for ->.slice` of the systemd driver and `pod<UID>` of cgroupfs, wherever they stand:
 * a private cgroup namespace puts `/../..` before them, a nested cluster its own path. A static pod has 32 hexadecimal
 * digits for a UID.
 */
const podPart = /kubepods.*?[/-]pod([0-9a-f]{8}(?:[-_][0-9a-f]{4}){3}[-_][0-9a-f]{12}|[0-9a-f]{32})(?=[./:]|$)(.*)$/;
/** `cri-containerd-<id>.scope`, `crio-<id>`, `docker-<id>.scope`, `cri-containerd:<id>`, or `<id>` alone. */
const containerPart = /[/:-]([0-9a-f]{64})(?=[./]|$)/;
/** CRI-O's monitor of a container: a process of the runtime beside the pod, not one in it. */
const monitor = /crio-conmon-/;

/** Reads /proc/PID/cgroup, in its form for version 1 or 2. Null when the process is in no pod. */
export function ownerOf(cgroup: string): CgroupOwner | null {
  if (monitor.test(cgroup)) return null;
  for (const line of cgroup.split('\n')) {
    const found = podPart.exec(line);
    if (found === null) continue;
    const [, uid = '', below = ''] = found;
    return { podUid: uid.replaceAll('_', '-'), containerId: containerPart.exec(below)?.[1] ?? '' };
  }
  return null;
}
