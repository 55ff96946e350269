import {
  type handleServerStreamingCall,
  type handleUnaryCall,
  Metadata,
  type Server,
  type ServerWritableStream,
} from '@grpc/grpc-js';
import { methodsOf } from '../../proto/load.ts';
import {
  type ResponseStream,
  type ServiceHandlers,
  type ServiceKey,
  serviceNames,
  type StreamHandler,
  type UnaryHandler,
} from '../../proto/services.ts';
import { callerOfMetadata } from '../access/caller.ts';
import { isLocal } from '../access/local-calls.ts';
import { type Gate, openGate } from '../access/user-gate.ts';
import type { FaultReport } from './faults.ts';
import { serviceError } from './status.ts';

export interface ServiceParts {
  readonly report: FaultReport;
  /** Stands before the handlers of calls by the network. */
  readonly gate: Gate;
}

/** What stands before the handlers, for a call by the address that it came by. */
function gateOf(metadata: Metadata, gate: Gate): Gate {
  return isLocal(metadata) ? openGate : gate;
}

function unaryCall(
  method: string,
  handler: UnaryHandler<unknown, unknown>,
  { report, gate }: ServiceParts,
): handleUnaryCall<unknown, unknown> {
  return (call, callback) => {
    const caller = callerOfMetadata(call.metadata, call.getPeer());
    gateOf(call.metadata, gate)
      .unary(method, handler, call.request, caller)
      .then(
        (response) => callback(null, response),
        (error: unknown) => {
          report(call.getPath(), error);
          callback(serviceError(error));
        },
      );
  };
}

function responsesOf(call: ServerWritableStream<unknown, unknown>): ResponseStream<unknown> {
  return {
    open: () => call.sendMetadata(new Metadata()),
    write: (response) => call.write(response),
    end: () => call.end(),
    fail: (error) => void call.emit('error', serviceError(error)),
    onReady: (callback) => void call.on('drain', callback),
    onClosed: (callback) => {
      let isOver = false;
      const over = () => {
        if (!isOver) callback();
        isOver = true;
      };
      for (const event of ['cancelled', 'error', 'close', 'finish']) call.on(event, over);
    },
  };
}

function streamCall(
  method: string,
  handler: StreamHandler<unknown, unknown>,
  { report, gate }: ServiceParts,
): handleServerStreamingCall<unknown, unknown> {
  return (call) => {
    const caller = callerOfMetadata(call.metadata, call.getPeer());
    gateOf(call.metadata, gate)
      .stream(method, handler, call.request, responsesOf(call), caller)
      .catch((error: unknown) => {
        report(call.getPath(), error);
        call.emit('error', serviceError(error));
      });
  };
}

/** Serves a service whose handlers know nothing of gRPC; methods that have no handler are answered as unimplemented. */
export function addService<Key extends Exclude<ServiceKey, 'ingest'>>(
  server: Server,
  key: Key,
  handlers: ServiceHandlers[Key],
  parts: ServiceParts,
): void {
  const methods = methodsOf(serviceNames[key]);
  const calls = Object.entries<unknown>(handlers).map(([name, handler]) => {
    const isStream = methods[name]?.responseStream === true;
    const method = `${key}/${name}`;
    const call = isStream
      ? streamCall(method, handler as StreamHandler<unknown, unknown>, parts)
      : unaryCall(method, handler as UnaryHandler<unknown, unknown>, parts);
    return [name, call] as const;
  });
  server.addService(
    methods,
    Object.fromEntries<handleUnaryCall<unknown, unknown> | handleServerStreamingCall<unknown, unknown>>(calls),
  );
}
