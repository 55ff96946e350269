import type { PeerCertificate } from 'node:tls';
import { WeirError } from '../../core/errors.ts';
import type { UnixMs } from '../../core/time.ts';
import { nodesOf, nodeUri } from '../../tls/node-certificate.ts';

/** What a call brings to prove where it comes from. */
export interface Presented {
  /** Of an authority that is trusted; null for none. */
  readonly certificate: PeerCertificate | null;
  /** Bearer token; null for none. */
  readonly token: string | null;
}

/** The nodes that an agent may report for, and until when. */
export interface ProvenNodes {
  /** The cluster that they are of. */
  readonly cluster: string;
  readonly nodes: readonly string[];
  readonly expiresUnixMs: UnixMs;
  /** What runs out then, for people. */
  readonly by: 'certificate' | 'token';
}

/** Checks one kind of proof; null when the call brings none of that kind. @throws WeirError UNAUTHENTICATED */
export type NodeProof = (presented: Presented) => Promise<ProvenNodes | null>;

/** Agents prove their node with a client certificate that names it. @param clusters of one of which it has to be */
export function certificateProof(...clusters: readonly string[]): NodeProof {
  return async ({ certificate }) => {
    if (certificate === null) return null;
    for (const cluster of clusters) {
      const nodes = nodesOf(certificate.subjectaltname ?? '', cluster);
      const expiresUnixMs = Date.parse(certificate.valid_to);
      if (nodes.length > 0) return { cluster, nodes, expiresUnixMs, by: 'certificate' };
    }
    const uris = clusters.map((cluster) => nodeUri(cluster, 'NODE')).join(' or ');
    const what = `the agent's certificate names no node of this cluster; it needs the URI ${uris}`;
    throw new WeirError('UNAUTHENTICATED', what);
  };
}

/** The first proof that a call brings. @throws WeirError UNAUTHENTICATED when it brings none, or one that is not valid */
export function firstOf(proofs: readonly NodeProof[]): (presented: Presented) => Promise<ProvenNodes> {
  return async (presented) => {
    for (const proof of proofs) {
      const proven = await proof(presented);
      if (proven !== null) return proven;
    }
    const what = 'the agent brings neither a client certificate of the right authority nor a token; see --tls-cert';
    throw new WeirError('UNAUTHENTICATED', `${what} and --token-file of weir-agent`);
  };
}
