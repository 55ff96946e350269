/** How many assertions of a test file, or of many, ended which way. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export const noCounts: Counts = { passed: 0, failed: 0, skipped: 0 };

export function addCounts(a: Counts, b: Counts): Counts {
  return { passed: a.passed + b.passed, failed: a.failed + b.failed, skipped: a.skipped + b.skipped };
}

/** The one line that a run closes with. */
export function closingLine({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}

/**
 * Counts the assertions of one test process from the summary that tap writes last (`# { total: 5, pass: 4, skip: 1 }`).
 * Tests still to do count as skipped. A process that failed although nothing it counted did, or that ended before it
 * could count, has one failure more: a crash never passes.
 */
export function countsOf(output: string, exitStatus: number | null): Counts {
  const summary = /^# \{ total: \d+.*\}$/gm;
  let last: string | undefined;
  for (const [line] of output.matchAll(summary)) last = line;
  const count = (name: string) => Number(new RegExp(`\\b${name}: (\\d+)`).exec(last ?? '')?.[1] ?? 0);
  const failed = count('fail');
  const crashed = last === undefined || (exitStatus !== 0 && failed === 0);
  return { passed: count('pass'), failed: failed + (crashed ? 1 : 0), skipped: count('skip') + count('todo') };
}

/** The failed assertions with their diagnostics, and everything that is not TAP: what a person needs to see. */
export function failuresOf(output: string): string {
  const shown: string[] = [];
  let failing = false;
  for (const line of output.split('\n')) {
    if (/^\s*not ok /.test(line)) failing = true;
    else if (/^\s*(ok |# |\d+\.\.\d+|TAP version)/.test(line)) failing = false;
    else if (line.trim() === '') continue;
    else if (!failing && !/^\s*(---|\.\.\.)$/.test(line)) shown.push(line);
    if (failing) shown.push(line);
  }
  return shown.join('\n');
}

/** The reasons of skipped tests, as tap writes them. */
export function skipsOf(output: string): string[] {
  return Array.from(
    output.matchAll(/^\s*(?:not )?ok \d+(?: - )?(.*?) # (?:SKIP|TODO)(.*)$/gim),
    ([, name, reason]) => `${name?.trim()}: ${reason?.trim() || 'no reason given'}`,
  );
}
