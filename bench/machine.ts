import { cpus, loadavg, release } from 'node:os';

/** What the figures were measured on. The load average is of the last minute, the bench's own load included. */
export function describeMachine(): string {
  const processors = cpus();
  const model = processors[0]?.model ?? 'unknown processor';
  return `${model}, ${processors.length} cores, Linux ${release()}`;
}

export function loadAverage(): string {
  return (loadavg()[0] ?? 0).toFixed(2);
}
