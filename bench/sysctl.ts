import { readFileSync, writeFileSync } from 'node:fs';
import type { Undo } from './undo.ts';

const bpfStatistics = '/proc/sys/kernel/bpf_stats_enabled';

/** Lets the kernel time every run of every BPF program, or not, until it is undone. */
export function timeBpfPrograms(undo: Undo, timed: boolean): void {
  const before = readFileSync(bpfStatistics, 'utf8');
  undo.later(() => writeFileSync(bpfStatistics, before));
  writeFileSync(bpfStatistics, timed ? '1' : '0');
}
