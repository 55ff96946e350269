import { join } from 'node:path';
import { Client, credentials, Metadata } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { methodsIn } from '../../../proto/load.ts';

/** Tests run from dist; the definition is read where it was written. */
const definition = join(import.meta.dirname, '..', '..', '..', '..', 'test', 'agent', 'cri', 'run.proto');

interface RunRequest {
  readonly config: {
    readonly metadata: { readonly name: string; readonly uid: string; readonly namespace: string };
    readonly linux: { readonly cgroupParent: string };
  };
}

/** The part of a kubelet that starts and stops sandboxes. */
export interface Runner {
  run(request: RunRequest): Promise<{ readonly podSandboxId: string }>;
  stop(request: { readonly podSandboxId: string }): Promise<unknown>;
  remove(request: { readonly podSandboxId: string }): Promise<unknown>;
  close(): void;
}

export function connectRunner(address: string): Runner {
  const client = new Client(address, credentials.createInsecure());
  const methods = methodsIn(loadSync(definition, {}), 'runtime.v1.RuntimeService');
  const call = <Response>(name: string, request: object) =>
    new Promise<Response>((resolve, reject) => {
      const method = methods[name];
      if (method === undefined) throw new Error(`there is no ${name}`);
      const { path, requestSerialize: write, responseDeserialize: read } = method;
      client.makeUnaryRequest(path, write, read, request, new Metadata(), (error, response) => {
        if (error) reject(error);
        else resolve(response as Response);
      });
    });
  return {
    run: (request) => call('runPodSandbox', request),
    stop: (request) => call('stopPodSandbox', request),
    remove: (request) => call('removePodSandbox', request),
    close: () => client.close(),
  };
}
