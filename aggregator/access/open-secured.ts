import { readFileSync } from 'node:fs';
import type { Logger } from 'pino';
import { messageOf, WeirError } from '../../core/errors.ts';
import { systemClock } from '../../core/time.ts';
import { KubeClient } from '../../kube/client.ts';
import { openAccess } from '../../kube/open-access.ts';
import { CertificateFiles } from '../../tls/certificate-files.ts';
import type { AggregatorConfig } from '../config.ts';
import { AccessReviews } from './access-reviews.ts';
import { authenticator, type TrustedProxy } from './authenticate.ts';
import { certificateProof, type NodeProof } from './node-proof.ts';
import type { Secured } from './secured.ts';
import { tokenProof } from './token-proof.ts';
import { TokenReviews } from './token-reviews.ts';

const certificatesEveryMs = 10_000;
const lookAgainMs = 15_000;

/** How agents and callers are spoken to; null for plain text. @throws WeirError TLS_CERTIFICATE, CONFIG_INVALID, KUBE_ACCESS */
export async function openSecured(config: AggregatorConfig, log: Logger): Promise<Secured | null> {
  const { tlsCert, tlsKey, tlsCa, agentAccount, agentAudience: audience, cluster, alsoCluster } = config;
  if (tlsCert === null || tlsKey === null) {
    if (config.insecureTransport) log.warn('plain text: who speaks is not proven, and what is said can be read');
    return null;
  }
  const proofs: NodeProof[] = tlsCa === null ? [] : [certificateProof(cluster, ...alsoCluster.map(({ name }) => name))];
  const client = await reviewing(config);
  const reviews = client === null ? null : new TokenReviews(client);
  if (agentAccount !== null && reviews !== null) {
    proofs.push(tokenProof({ cluster, reviews, account: agentAccount, audience, clock: systemClock }));
  }
  const users =
    config.users === 'anyone' || client === null || reviews === null
      ? null
      : { authenticate: authenticator(reviews, proxyOf(config)), reviews: new AccessReviews(client), lookAgainMs };
  if (users === null) log.warn('whoever reaches this aggregator may ask and change everything, as --users says');
  const paths = { ca: tlsCa, cert: tlsCert, key: tlsKey };
  return { certificates: await CertificateFiles.open(paths, certificatesEveryMs, log), proofs, users };
}

/** Who answers reviews; null where nobody is asked. @throws WeirError CONFIG_INVALID */
async function reviewing({
  users,
  agentAccount,
  kubeconfig,
  kubeContext,
}: AggregatorConfig): Promise<KubeClient | null> {
  if (users === 'anyone' && agentAccount === null) return null;
  const access = await openAccess(kubeconfig, kubeContext);
  if (access !== null) return new KubeClient(access);
  const flag = agentAccount === null ? '--users kubernetes' : '--agent-account';
  const what = 'needs the Kubernetes API: give --kubeconfig, or run in a pod with a service account';
  throw new WeirError('CONFIG_INVALID', `${flag}: ${what}`);
}

function proxyOf({ proxySecretFile, proxyUserHeader, proxyGroupsHeader }: AggregatorConfig): TrustedProxy | null {
  if (proxySecretFile === null) return null;
  return {
    userHeader: proxyUserHeader.toLowerCase(),
    groupsHeader: proxyGroupsHeader.toLowerCase(),
    secret: readSecret(proxySecretFile),
  };
}

/** A short one could be guessed. */
const leastSecretLength = 32;

function readSecret(file: string): string {
  let secret: string;
  try {
    secret = readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new WeirError('CONFIG_INVALID', `--proxy-secret-file: ${messageOf(error)}`, { cause: error });
  }
  if (secret.length >= leastSecretLength) return secret;
  throw new WeirError(
    'CONFIG_INVALID',
    `--proxy-secret-file: give a secret of ${leastSecretLength} characters or more`,
  );
}
