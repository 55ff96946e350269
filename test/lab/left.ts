import { existsSync, readdirSync, readFileSync } from 'node:fs';

export interface Left {
  readonly netns: readonly string[];
  /** Process ids. */
  readonly processes: readonly string[];
  /** Whether its directory in /run is there. */
  readonly record: boolean;
  /** Cgroups, and files that keep things in the kernel. */
  readonly inKernel: readonly string[];
}

export const nothingLeft: Left = { netns: [], processes: [], record: false, inKernel: [] };

function netnsOf(lab: string): string[] {
  return existsSync('/run/netns') ? readdirSync('/run/netns').filter((each) => each.startsWith(`weir-${lab}-`)) : [];
}

/** Processes whose command line names the directory of the lab. */
function processesOf(lab: string): string[] {
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(`/run/weir-lab/${lab}/`);
    } catch {
      return false; // it has ended meanwhile
    }
  });
}

function inKernelOf(lab: string): string[] {
  const cgroups = ['/sys/fs/cgroup', '/sys/fs/cgroup/unified'].map((root) => `${root}/weir-lab-${lab}`);
  return [...cgroups, `/sys/fs/bpf/weir-lab-${lab}`].filter((path) => existsSync(path));
}

/** What there is of a lab, found without the lab's own code. */
export function leftOf(lab: string): Left {
  return {
    netns: netnsOf(lab),
    processes: processesOf(lab),
    record: existsSync(`/run/weir-lab/${lab}`),
    inKernel: inKernelOf(lab),
  };
}
