import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { MethodDefinition } from '@grpc/grpc-js';
import { loadSync, type MessageTypeDefinition, type PackageDefinition } from '@grpc/proto-loader';

const files = ['flow', 'ingest', 'query', 'policy', 'alias'].map((name) => `weir/v1/${name}.proto`);

/** The folder that holds weir/v1: beside this file in the source tree, and further up from the compiled one. */
function protoFolder(): string {
  for (let folder = import.meta.dirname; ; folder = dirname(folder)) {
    const candidate = join(folder, 'proto');
    if (files.every((file) => existsSync(join(candidate, file)))) return candidate;
    if (folder === dirname(folder)) throw new Error(`no folder above ${import.meta.dirname} holds proto/${files[0]}`);
  }
}

/** Every service and message of weir.v1, as gRPC servers, clients and reflection take them. */
export const packageDefinition: PackageDefinition = loadSync(files, {
  includeDirs: [protoFolder()],
  longs: Number,
  enums: String,
  defaults: true,
  oneofs: true,
});

/** The methods of a service by their camel-case name. @param name such as `weir.v1.QueryService` */
export function methodsOf(name: string): Readonly<Record<string, MethodDefinition<unknown, unknown>>> {
  const service = packageDefinition[name] as Readonly<Record<string, MethodDefinition<unknown, unknown>>>;
  return Object.fromEntries(
    Object.entries(service).map(([method, definition]) => [definition.originalName ?? method, definition]),
  );
}

/** The byte form of one message. @param name such as `weir.v1.Batch` */
export function byteFormOf<Message extends object>(name: string): MessageTypeDefinition<Message, Message> {
  return packageDefinition[name] as unknown as MessageTypeDefinition<Message, Message>;
}
