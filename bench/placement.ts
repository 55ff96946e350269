import { readFileSync } from 'node:fs';

/** On which core each end of a conversation runs. */
export interface Placement {
  readonly label: string;
  readonly client: number;
  readonly server: number;
}

/** Of the cores that this process may use, the first and the last. */
function firstAndLastCore(): [number, number] {
  const allowed = /^Cpus_allowed_list:\s*([\d,-]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  const numbers = (allowed ?? '0').split(/[,-]/).map(Number);
  return [numbers[0] ?? 0, numbers.at(-1) ?? 0];
}

/**
 * Both ends on one core, on which the agent is free to run too. Nothing waits for another core to wake up: all time is
 * work.
 */
export function sharedCore(): Placement {
  const [, last] = firstAndLastCore();
  return { label: 'one core', client: last, server: last };
}

/**
 * Both ends on one core, and each on its own, where it finds its data in the other core's cache. Left to itself the
 * scheduler chooses one or the other and stays with it for seconds.
 */
export function placements(): Placement[] {
  const [first, last] = firstAndLastCore();
  const apart = { label: 'two cores', client: first, server: last };
  return first === last ? [sharedCore()] : [sharedCore(), apart];
}
