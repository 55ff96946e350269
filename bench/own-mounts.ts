import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const mark = 'WEIR_BENCH_OWN_MOUNTS';
const bpffs = '/sys/fs/bpf';

/**
 * Names of network namespaces and pins of BPF objects are mounts and files: made where nobody else sees them, they go
 * with the last process that does, even when that one is killed. Two benches would measure each other, and both change
 * the kernel's settings: one waits for the other.
 */
const script = `
  exec 9>/run/weir-bench.lock
  flock --nonblock 9 || { echo 'bench: waiting for another bench to finish' >&2 && flock 9; } || exit 1
  mkdir -p /run/netns && mount -t tmpfs weir-bench /run/netns && mount -t bpf weir-bench ${bpffs} && exec "$@"`;

export function hasOwnMounts(): boolean {
  return process.env[mark] === String(process.ppid);
}

/** Runs this program again, with the same arguments, in a mount namespace of its own. @returns its exit status */
export async function runWithOwnMounts(): Promise<number> {
  const again = [process.execPath, ...process.execArgv, ...process.argv.slice(1)];
  const child = spawn(
    'unshare',
    ['--mount', 'setpriv', '--pdeathsig', 'TERM', 'sh', '-c', script, 'weir-bench', ...again],
    { stdio: 'inherit', env: { ...process.env, [mark]: String(process.pid) } },
  );
  // A terminal signals both; whoever signals this process alone means the other.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal));
  const [status] = (await once(child, 'exit')) as [number | null];
  return status ?? 1;
}

/** Removes everything that is pinned in the bench's own BPF file system. */
export function removePins(): void {
  for (const name of readdirSync(bpffs)) {
    // These two are the kernel's, in every such file system.
    if (name !== 'maps.debug' && name !== 'progs.debug') rmSync(join(bpffs, name), { recursive: true });
  }
}
