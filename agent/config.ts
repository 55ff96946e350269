import type { Values } from '../config/option.ts';
import { readOptions } from '../config/read.ts';
import { WeirError } from '../core/errors.ts';
import type { CertificatePaths } from '../tls/certificate-files.ts';
import { checkTransport } from './check-transport.ts';
import { agentOptions } from './config-options.ts';
import type { ResolverOptions } from './identity/resolver.ts';

/** What the agent was told, and what follows from it. */
export interface AgentConfig extends Values<typeof agentOptions> {
  /** Where the names of this node's pods come from. */
  readonly identity: Omit<ResolverOptions, 'answerMs'>;
  readonly spoolMaxBytes: number;
  readonly overflowRingBytes: number;
  /** Files in PEM that tell the aggregator's authority, and prove this node. */
  readonly tls: CertificatePaths;
}

const kibibyte = 1024;
const mebibyte = 1024 * kibibyte;

/**
 * Reads what the agent is told by flags, environment and file. Null when only help or the version was asked for.
 * @param write takes help and version. @throws WeirError CONFIG_INVALID, USAGE
 */
export async function readConfig(argv: readonly string[], write: (text: string) => void): Promise<AgentConfig | null> {
  const description = 'Watches the pods of one node through eBPF and sends what it sees to the aggregator.';
  const given = await readOptions({ name: 'weir-agent', description, options: agentOptions }, argv, write);
  if (given === null) return null;
  checkTransport(given);
  if (given.kubeContext !== null && given.kubeconfig === null)
    throw new WeirError('CONFIG_INVALID', '--kube-context: needs the --kubeconfig that it is in');
  return {
    ...given,
    identity: {
      cni: given.cni === 'auto' ? null : given.cni,
      cniResults: given.cniResults,
      cniConfiguration: given.cniConf,
      cri: given.cri === 'auto' ? null : given.cri,
      ovsdb: given.ovsdb,
      cilium: given.cilium,
    },
    without: given.dnsNames === 'on' ? given.without : [...given.without, 'dns-names'],
    overflowRingBytes: given.overflowRingKib * kibibyte,
    spoolMaxBytes: given.spoolMaxMib * mebibyte,
    tls: { ca: given.tlsCa, cert: given.tlsCert, key: given.tlsKey },
  };
}
