import type { Milliseconds, UnixMs } from '../../core/time.ts';
import type * as wire from '../../proto/wire.ts';
import { ageText } from '../text.ts';
import { type Finding, fault } from './finding.ts';

const fortnightMs: Milliseconds = 14 * 86_400_000;
/** Short-lived certificates are near their end when so much of their life is left. */
const lastPart = 0.25;

/** When a certificate ends: `ends in 47d`, `ended 3h ago`; a dash where there is none. */
export function certificateText(certificate: wire.Validity | null, now: UnixMs): string {
  if (certificate === null) return '-';
  const { throughUnixMs } = certificate;
  return throughUnixMs < now ? `ended ${ageText(throughUnixMs, now)} ago` : `ends in ${ageText(now, throughUnixMs)}`;
}

/** A certificate that ends soon or has ended. @param whose as the subject of the sentence */
export function certificateFindings(
  whose: string,
  certificate: wire.Validity | null,
  now: UnixMs,
  node?: string,
): Finding[] {
  if (certificate === null) return [];
  const { fromUnixMs, throughUnixMs } = certificate;
  const enoughMs = Math.min(fortnightMs, lastPart * (throughUnixMs - fromUnixMs));
  return throughUnixMs - now > enoughMs ? [] : [fault(`${whose} ${certificateText(certificate, now)}`, node)];
}
