import { existsSync, readdirSync, readFileSync } from 'node:fs';

export interface Left {
  readonly netns: readonly string[];
  /** Process ids. */
  readonly processes: readonly string[];
  /** Whether its directory in /run is there. */
  readonly record: boolean;
}

export const nothingLeft: Left = { netns: [], processes: [], record: false };

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

/** What there is of a lab, found without the lab's own code. */
export function leftOf(lab: string): Left {
  return { netns: netnsOf(lab), processes: processesOf(lab), record: existsSync(`/run/weir-lab/${lab}`) };
}
