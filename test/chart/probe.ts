import { execFile } from 'node:child_process';
import type { Container, Probe } from 'kubernetes-types/core/v1.js';

/** Where a probe asks. @param host the address of the pod */
export function urlOf({ httpGet }: Probe, { ports = [] }: Container, host: string): string {
  const port = ports.find(({ name }) => name === httpGet?.port)?.containerPort ?? httpGet?.port;
  return `http://${host}:${port}${httpGet?.path}`;
}

/** Whether a probe succeeds, from the network of the node. */
export async function answers(netns: string, url: string): Promise<boolean> {
  const curl = ['curl', '--silent', '--fail', '--max-time', '2', '--output', '/dev/null', url];
  return await new Promise((resolve) => {
    execFile('nsenter', [`--net=/run/netns/${netns}`, ...curl], (error) => resolve(error === null));
  });
}
