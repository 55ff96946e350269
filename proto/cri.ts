import { type CallOptions, Client, credentials, Metadata } from '@grpc/grpc-js';
import { loadPackage, methodsIn } from './load.ts';

export interface PodSandbox {
  readonly id: string;
  readonly metadata: { readonly name: string; readonly uid: string; readonly namespace: string } | null;
  readonly state: 'SANDBOX_READY' | 'SANDBOX_NOTREADY';
}

/** What is asked of a container runtime; runtime.proto says what the fields mean. Calls reject with ServiceError. */
export interface CriConnection {
  listPodSandbox(options: CallOptions): Promise<{ readonly items: readonly PodSandbox[] }>;
  podSandboxStatus(id: string, options: CallOptions): Promise<{ readonly info: Readonly<Record<string, string>> }>;
  close(): void;
}

const definition = () => loadPackage(['runtime/v1/runtime.proto']);

/** The service's methods, for a server as well. */
export function criMethods(): ReturnType<typeof methodsIn> {
  return methodsIn(definition(), 'runtime.v1.RuntimeService');
}

/** @param address such as unix:/run/containerd/containerd.sock @param maxBytes of one answer */
export function connectCri(address: string, maxBytes: number): CriConnection {
  const client = new Client(address, credentials.createInsecure(), { 'grpc.max_receive_message_length': maxBytes });
  const methods = criMethods();
  const call = <Response>(name: string, request: object, options: CallOptions) =>
    new Promise<Response>((resolve, reject) => {
      const method = methods[name];
      if (method === undefined) throw new Error(`the runtime service has no ${name}`);
      const { path, requestSerialize: write, responseDeserialize: read } = method;
      client.makeUnaryRequest(path, write, read, request, new Metadata(), options, (error, response) => {
        if (error) reject(error);
        else resolve(response as Response);
      });
    });
  return {
    listPodSandbox: (options) => call('listPodSandbox', {}, options),
    podSandboxStatus: (podSandboxId, options) => call('podSandboxStatus', { podSandboxId, verbose: true }, options),
    close: () => client.close(),
  };
}
