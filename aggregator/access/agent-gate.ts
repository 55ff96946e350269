import {
  type Metadata,
  type ServerInterceptingCallInterface,
  ServerInterceptingCall,
  type ServerInterceptor,
} from '@grpc/grpc-js';
import type { Logger } from 'pino';
import { messageOf, WeirError } from '../../core/errors.ts';
import type { Clock } from '../../core/time.ts';
import type * as wire from '../../proto/wire.ts';
import { serviceError } from '../api/status.ts';
import { callerOfMetadata } from './caller.ts';
import type { Presented, ProvenNodes } from './node-proof.ts';
import { Expiry } from './expiry.ts';
import { RateLimit } from './rate-limit.ts';

export interface AgentGateOptions {
  /** @throws WeirError UNAUTHENTICATED */
  readonly prove: (presented: Presented) => Promise<ProvenNodes>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Streams of one address: each may cost a review of a token. */
const attemptsPerSecond = 10;
const attemptsAtOnce = 100;
const maxAddresses = 10_000;

const path = '/weir.v1.IngestService/Push';

/** Lets an agent's stream in only where its node is proven, for that node only, and for as long as the proof lasts. */
export function agentGate(options: AgentGateOptions): ServerInterceptor {
  const attempts = new RateLimit(attemptsPerSecond, attemptsAtOnce, maxAddresses, options.clock);
  return (method, call) => (method.path === path ? guarded(call, options, attempts) : new ServerInterceptingCall(call));
}

function presentedBy(call: ServerInterceptingCallInterface, metadata: Metadata): Presented {
  const { token } = callerOfMetadata(metadata, call.getPeer());
  return { certificate: call.getAuthContext().sslPeerCertificate ?? null, token };
}

function guarded(call: ServerInterceptingCallInterface, { prove, clock, log }: AgentGateOptions, attempts: RateLimit) {
  let proven: ProvenNodes | null = null;
  let expiry: Expiry | null = null;
  const refuse = (error: unknown) => {
    log.warn({ peer: call.getPeer(), reason: messageOf(error) }, 'agent refused');
    call.sendStatus(serviceError(error));
  };
  const prepare = async (metadata: Metadata) => {
    if (!attempts.take(call.getPeer().replace(/:\d+$/, ''))) {
      throw new WeirError('TOO_MANY', `${attemptsPerSecond} streams a second are the most; wait a moment`);
    }
    proven = await prove(presentedBy(call, metadata));
    const { by, expiresUnixMs } = proven;
    const expired = () =>
      new WeirError('UNAUTHENTICATED', `the agent's ${by} has expired; it needs to connect with the next one`);
    // A session that is resumed, and a review that is remembered, may have outlived what they rest on.
    if (!(expiresUnixMs > clock.now())) throw expired();
    expiry = new Expiry(expiresUnixMs, clock, () => refuse(expired()));
  };
  return new ServerInterceptingCall(call, {
    start: (next) =>
      next({
        onReceiveMetadata: (metadata, pass) => {
          prepare(metadata).then(() => pass(metadata), refuse);
        },
        onReceiveMessage: (message: wire.PushRequest, pass) => {
          const error = message.frame === 'hello' ? mismatch(message.hello, proven) : null;
          if (error === null) pass(message);
          else refuse(error);
        },
        onCancel: () => expiry?.stop(),
      }),
  });
}

function mismatch({ cluster, node }: wire.Hello, proven: ProvenNodes | null): WeirError | null {
  if (proven !== null && proven.cluster !== cluster) {
    const what = `it says ${cluster.slice(0, 253)}, its ${proven.by} is for ${proven.cluster}`;
    return new WeirError('INGEST_CLUSTER_MISMATCH', what);
  }
  if (proven?.nodes.includes(node)) return null;
  const speaksFor = proven?.nodes.join(', ') ?? 'none';
  return new WeirError('INGEST_NODE_MISMATCH', `it says ${node.slice(0, 253)}, its ${proven?.by} is for ${speaksFor}`);
}
