import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** What the kernel says of a loaded program; times and runs count up while kernel.bpf_stats_enabled is 1. */
export interface BpfProgram {
  readonly id: number;
  /** Such as sched_cls or tracing. */
  readonly type: string;
  readonly name: string;
  readonly runs: number;
  readonly runNs: number;
}

function bpftool(...argv: readonly string[]): unknown {
  return JSON.parse(execFileSync('bpftool', ['-j', ...argv], { encoding: 'utf8', stdio: 'pipe' })) as unknown;
}

/** All programs of the machine, by id. */
export function loadedPrograms(): Map<number, BpfProgram> {
  type Shown = { id: number; type: string; name?: string; run_cnt?: number; run_time_ns?: number };
  const programs = (bpftool('prog', 'show') as readonly Shown[]).map((shown) => ({
    id: shown.id,
    type: shown.type,
    name: shown.name ?? '',
    runs: shown.run_cnt ?? 0,
    runNs: shown.run_time_ns ?? 0,
  }));
  return new Map(programs.map((program) => [program.id, program]));
}

/** Average time of one run on a frame that goes nowhere. */
export function testRunNs(id: number, frameFile: string, repeat: number): number {
  const argv = ['prog', 'run', 'id', String(id), 'data_in', frameFile, 'repeat', String(repeat)];
  return (bpftool(...argv) as { readonly duration: number }).duration;
}

/** Ids of the programs that a process has open, itself or by a link. */
export function programsOf(pid: number): Set<number> {
  const ids = new Set<number>();
  for (const fd of readdirSync(`/proc/${pid}/fdinfo`)) {
    const id = /^prog_id:\s*(\d+)$/m.exec(fdinfo(pid, fd))?.[1];
    if (id !== undefined) ids.add(Number(id));
  }
  return ids;
}

function fdinfo(pid: number, fd: string): string {
  try {
    return readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'utf8');
  } catch (error) {
    // Closed in the meantime.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}

/** Names of tracepoints that programs are attached to, by program; an iterator has the name `iterator`. */
export function tracepointsOfPrograms(): Map<number, string> {
  type Shown = { type: string | number; prog_id: number; tp_name?: string };
  const hooks = new Map<number, string>();
  for (const { type, prog_id, tp_name } of bpftool('link', 'show') as readonly Shown[]) {
    if (tp_name !== undefined) hooks.set(prog_id, tp_name);
    else if (type === 'iter') hooks.set(prog_id, 'iterator');
  }
  return hooks;
}
