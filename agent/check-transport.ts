import { staysOnMachine } from '../core/address.ts';
import { WeirError } from '../core/errors.ts';

interface Transport {
  readonly aggregator: string;
  readonly tlsCa: string | null;
  readonly tlsCert: string | null;
  readonly tlsKey: string | null;
  readonly tokenFile: string | null;
  readonly insecureTransport: boolean;
}

function refuse(what: string): never {
  throw new WeirError('CONFIG_INVALID', what);
}

/** Plain text must have been asked for where it can leave the machine. @throws WeirError CONFIG_INVALID */
export function checkTransport({ aggregator, tlsCa, tlsCert, tlsKey, tokenFile, insecureTransport }: Transport): void {
  if ((tlsCert === null) !== (tlsKey === null)) refuse('--tls-cert and --tls-key: give both or none');
  if (tlsCa === null) {
    if (tlsCert !== null || tokenFile !== null) refuse('--tls-ca: say by which authority to know the aggregator');
    if (insecureTransport || staysOnMachine(aggregator)) return;
    refuse(`--aggregator ${aggregator}: give --tls-ca, or --insecure-transport to do without`);
  }
  if (insecureTransport) refuse('--insecure-transport and --tls-ca: give one of them');
  if (tlsCert === null && tokenFile === null) {
    refuse('--tls-ca: say how this node is proven, with --tls-cert and --tls-key or --token-file');
  }
}
