import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { MethodDefinition } from '@grpc/grpc-js';
import { loadSync, type MessageTypeDefinition, type PackageDefinition } from '@grpc/proto-loader';

/** Paths below proto/. */
export const definitionFiles: readonly string[] = ['flow', 'ingest', 'query', 'policy', 'alias', 'settings'].map(
  (name) => `weir/v1/${name}.proto`,
);

/** The folder that holds weir/v1: beside this file in the source tree, and further up from the compiled one. */
export function protoFolder(): string {
  for (let folder = import.meta.dirname; ; folder = dirname(folder)) {
    const candidate = join(folder, 'proto');
    if (definitionFiles.every((file) => existsSync(join(candidate, file)))) return candidate;
    if (folder === dirname(folder))
      throw new Error(`no folder above ${import.meta.dirname} holds proto/${definitionFiles[0]}`);
  }
}

/** Reads definitions, which name each other by their path below proto/. */
export function loadPackage(paths: string[]): PackageDefinition {
  return loadSync(paths, { includeDirs: [protoFolder()], longs: Number, enums: String, defaults: true, oneofs: true });
}

/** Every service and message of weir.v1, as gRPC servers, clients and reflection take them. */
export const packageDefinition: PackageDefinition = loadPackage([...definitionFiles]);

type Methods = Readonly<Record<string, MethodDefinition<unknown, unknown>>>;

/** The methods of a service by their camel-case name. @param name such as `weir.v1.QueryService` */
export function methodsIn(definition: PackageDefinition, name: string): Methods {
  const service = Object.entries(definition[name] as Methods);
  return Object.fromEntries(service.map(([method, each]) => [each.originalName ?? method, each]));
}

/** As `methodsIn`, of weir.v1. */
export function methodsOf(name: string): Methods {
  return methodsIn(packageDefinition, name);
}

/** The byte form of one message. @param name such as `weir.v1.Batch` */
export function byteFormOf<Message extends object>(name: string): MessageTypeDefinition<Message, Message> {
  return packageDefinition[name] as unknown as MessageTypeDefinition<Message, Message>;
}
