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
import type { FaultReport } from './faults.ts';
import { serviceError } from './status.ts';

function unaryCall(handler: UnaryHandler<unknown, unknown>, report: FaultReport): handleUnaryCall<unknown, unknown> {
  return (call, callback) => {
    const run = async () => await handler(call.request);
    run().then(
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
  handler: StreamHandler<unknown, unknown>,
  report: FaultReport,
): handleServerStreamingCall<unknown, unknown> {
  return (call) => {
    try {
      handler(call.request, responsesOf(call));
    } catch (error) {
      report(call.getPath(), error);
      call.emit('error', serviceError(error));
    }
  };
}

/** Serves a service whose handlers know nothing of gRPC; methods that have no handler are answered as unimplemented. */
export function addService<Key extends Exclude<ServiceKey, 'ingest'>>(
  server: Server,
  key: Key,
  handlers: ServiceHandlers[Key],
  report: FaultReport,
): void {
  const methods = methodsOf(serviceNames[key]);
  const calls = Object.entries<unknown>(handlers).map(([name, handler]) => {
    const isStream = methods[name]?.responseStream === true;
    const call = isStream
      ? streamCall(handler as StreamHandler<unknown, unknown>, report)
      : unaryCall(handler as UnaryHandler<unknown, unknown>, report);
    return [name, call] as const;
  });
  server.addService(
    methods,
    Object.fromEntries<handleUnaryCall<unknown, unknown> | handleServerStreamingCall<unknown, unknown>>(calls),
  );
}
