import { Option } from 'commander';
import { WeirError } from '../core/errors.ts';
import { parseDuration } from '../core/time.ts';
import { workloadKind } from '../core/workload-kind.ts';
import type * as wire from '../proto/wire.ts';

/** Options that say which part of the graph is meant. */
export interface ScopeOptions {
  readonly cluster: string;
  readonly namespace?: string;
  readonly workload?: string;
  readonly since?: string;
}

export const scopeOptions = {
  cluster: () => new Option('--cluster <name>', 'cluster; needed only where there are several').default(''),
  namespace: () => new Option('-n, --namespace <name>', 'only edges with an end in this namespace'),
  workload: () => new Option('--workload <kind/name>', 'only edges of this workload; needs --namespace'),
  since: () => new Option('--since <time>', 'only what was seen within this time, such as 15m or 2h'),
};

/** Reads `kind/name`, or a bare name, which means a Deployment as it does for most workloads. @throws WeirError USAGE */
export function parseWorkload(text: string, namespace: string | undefined): wire.WorkloadRef {
  const parts = text.split('/');
  const [kind, name] = parts.length === 1 ? ['deployment', text] : parts;
  if (parts.length > 2 || kind === undefined || name === undefined || kind === '' || name === '') {
    throw new WeirError('USAGE', `${text} is no workload; give kind/name, such as deployment/cart`);
  }
  if (namespace === undefined) throw new WeirError('USAGE', `which namespace is ${text} in? Give it with --namespace`);
  return { namespace, kind: workloadKind(kind), name };
}

export function scopeOf({ namespace, workload }: ScopeOptions): wire.Scope {
  const ref = workload === undefined ? null : parseWorkload(workload, namespace);
  return { namespace: namespace ?? '', workload: ref };
}

/** @throws WeirError USAGE */
export function rangeOf({ since }: Pick<ScopeOptions, 'since'>, now: number): wire.TimeRange | null {
  if (since === undefined) return null;
  const ms = parseDuration(since);
  if (ms === null) throw new WeirError('USAGE', `--since ${since}: give a length of time such as 15m, 2h or 1d`);
  return { startUnixMs: Math.max(1, now - ms), endUnixMs: 0 };
}
