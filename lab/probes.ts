import { runCommand } from './command.ts';
import { ownProgram } from './programs/service.ts';
import type { ProbeConfig, ProbeResult, ProbeRun } from './servers/probe-config.ts';

/**
 * Makes attempts from wherever the given function takes a command line to: a pod, a node, or the world outside.
 * The results are in the order of the attempts.
 */
export async function runProbes(
  within: (argv: readonly string[]) => string[],
  run: ProbeRun,
): Promise<readonly ProbeResult[]> {
  if (run.probes.length === 0) return [];
  const { code, stdout, stderr } = await runCommand(within([...ownProgram('probe'), JSON.stringify(run)]), {
    timeoutMs: run.retryMs + run.timeoutMs + 10_000,
  });
  if (code === 0) return JSON.parse(stdout) as ProbeResult[];
  const said = stderr.trim() || `the probe ended with status ${code}`;
  return run.probes.map(() => said);
}

/** The command line that runs a program in a network namespace and shares all else with the machine. */
export function inNetns(netnsPath: string, argv: readonly string[]): string[] {
  return ['nsenter', `--net=${netnsPath}`, ...argv];
}

/** An attempt in words. */
export function probeLabel(probe: ProbeConfig): string {
  const port = probe.kind === 'dns' ? `53/${probe.protocol}` : String(probe.port);
  return `${probe.kind} ${probe.host}:${port}`;
}
