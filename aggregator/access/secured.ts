import type { CertificateFiles } from '../../tls/certificate-files.ts';
import type { Milliseconds } from '../../core/time.ts';
import type { AccessReviews } from './access-reviews.ts';
import type { Authenticate } from './authenticate.ts';
import type { NodeProof } from './node-proof.ts';

/** How an aggregator proves itself, has agents prove their nodes, and knows its callers. */
export interface Secured {
  readonly certificates: CertificateFiles;
  readonly proofs: readonly NodeProof[];
  /** Who callers are and what they may do; null for everybody everything. */
  readonly users: UserAccess | null;
}

export interface UserAccess {
  readonly authenticate: Authenticate;
  readonly reviews: AccessReviews;
  /** How often it is looked again whether who follows still may. */
  readonly lookAgainMs: Milliseconds;
}
