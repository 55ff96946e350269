import { staysOnMachine } from '../core/address.ts';
import { WeirError } from '../core/errors.ts';

interface Transport {
  readonly listen: readonly string[];
  readonly httpListen: string;
  readonly tlsCert: string | null;
  readonly tlsKey: string | null;
  readonly tlsCa: string | null;
  readonly agentAccount: string | null;
  readonly insecureTransport: boolean;
}

function refuse(what: string): never {
  throw new WeirError('CONFIG_INVALID', what);
}

/** Plain text must have been asked for where it can leave the machine. @throws WeirError CONFIG_INVALID */
export function checkTransport(transport: Transport): void {
  const { tlsCert, tlsKey, tlsCa, agentAccount, insecureTransport } = transport;
  if ((tlsCert === null) !== (tlsKey === null)) refuse('--tls-cert and --tls-key: give both or none');
  if (tlsCert === null) checkPlain(transport);
  else if (insecureTransport) refuse('--insecure-transport and --tls-cert: give one of them');
  else if (tlsCa === null && agentAccount === null) {
    refuse('--tls-cert: say how agents prove their node, with --tls-ca or --agent-account');
  }
}

function checkPlain({ listen, httpListen, tlsCa, insecureTransport }: Transport): void {
  if (tlsCa !== null) refuse('--tls-ca: needs --tls-cert and --tls-key too');
  const open = [...listen, httpListen].find((address) => !staysOnMachine(address));
  if (open === undefined || insecureTransport) return;
  const flag = open === httpListen ? '--http-listen' : '--listen';
  refuse(`${flag} ${open}: give --tls-cert and --tls-key, or --insecure-transport to do without`);
}
