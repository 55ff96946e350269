import { native } from '../native/native.ts';

/**
 * What the agent needs while it runs (linux/capability.h), with the reason:
 * - CAP_NET_ADMIN: attach programs to interfaces that appear
 * - CAP_PERFMON: run programs that read kernel memory
 * - CAP_BPF: read maps and run iterators
 */
const named = { CAP_NET_ADMIN: 12, CAP_PERFMON: 38, CAP_BPF: 39 } as const;
/**
 * Needed where the kernel has no iterators: to enter pods' namespaces, and to find them by processes of other users.
 * The first also to load programs where nothing is pinned.
 */
const withoutIterators = { CAP_SYS_PTRACE: 19, CAP_SYS_ADMIN: 21 } as const;

function bits(capabilities: readonly number[]): bigint {
  return capabilities.reduce((sum, each) => sum | (1n << BigInt(each)), 0n);
}

/** Capabilities that this process has beyond those that it needs. */
export function excessCapabilities(needsSysAdmin: boolean): bigint {
  return native.permittedCapabilities() & ~neededCapabilities(needsSysAdmin);
}

function neededCapabilities(needsSysAdmin: boolean): bigint {
  return bits([...Object.values(named), ...(needsSysAdmin ? Object.values(withoutIterators) : [])]);
}

/**
 * How Node.js is started for an agent, as its image does too: short-lived objects get 2 MiB where they would get three
 * times 16 MiB, and one thread helps to collect garbage where four would each hold memory of their own.
 */
export const smallProcess: readonly string[] = ['--max-semi-space-size=2', '--v8-pool-size=1'];

/** Starts this process anew with only what it needs. What it has pinned in the kernel is there for it. */
export function restartRestricted(needsSysAdmin: boolean): never {
  const options = new Set([...smallProcess, ...process.execArgv]);
  const command = [process.execPath, ...options, ...process.argv.slice(1)];
  return native.restrictAndExec(neededCapabilities(needsSysAdmin), command);
}
