/** What the demo found, as its last line with --json. Names are part of its interface. */
export interface DemoResult {
  readonly pods: number;
  /** From the lab's own declaration of who talks to whom. */
  readonly edges_expected: number;
  readonly edges_seen: number;
  /** The keys of what was seen, in order; without those of the rogue pod. */
  readonly edges: readonly string[];
  readonly missing: readonly string[];
  readonly unexpected: readonly string[];
  readonly wrong_direction: number;
  readonly policies: number;
  readonly replay: { readonly flows: number; readonly denied: number };
  readonly enforced: { readonly legitimate_ok: number; readonly legitimate_failed: number };
  /** Attempts that got nowhere count as dropped; the reason is `unanswered` where the kernel does not hear of drops. */
  readonly rogue: { readonly attempts: number; readonly dropped: number; readonly reason: string };
  readonly seconds: number;
}

/** Whether nothing is missing, unexpected or failed. */
export function isGood({
  missing,
  unexpected,
  wrong_direction,
  policies,
  replay,
  enforced,
  rogue,
}: DemoResult): boolean {
  return (
    missing.length + unexpected.length + wrong_direction === 0 &&
    policies > 0 &&
    replay.flows > 0 &&
    replay.denied === 0 &&
    enforced.legitimate_ok > 0 &&
    enforced.legitimate_failed === 0 &&
    rogue.attempts > 0 &&
    rogue.dropped === rogue.attempts
  );
}
