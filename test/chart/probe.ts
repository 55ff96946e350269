import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Container, Probe } from 'kubernetes-types/core/v1.js';
import type { Milliseconds } from '../../core/time.ts';

/** As many failures in a row as say something, where a probe does not. */
export const defaultFailures = 3;

/** Who asks a container: its kubelet, from the network of the node. */
export interface Prober {
  /** Of the node, below /run/netns. */
  readonly netns: string;
  readonly container: Container;
  /** Address of the pod. */
  readonly host: string;
  /** Whether there is nobody to ask any more. */
  readonly isOver: () => boolean;
}

/** Where a probe asks. */
export function urlOf({ httpGet }: Probe, { container: { ports = [] }, host }: Prober): string {
  const port = ports.find(({ name }) => name === httpGet?.port)?.containerPort ?? httpGet?.port;
  return `http://${host}:${port}${httpGet?.path}`;
}

/** Whether a probe succeeds. */
export async function succeeds(probe: Probe, prober: Prober): Promise<boolean> {
  const limits = ['--max-time', String(probe.timeoutSeconds ?? 1), '--output', '/dev/null'];
  const curl = ['curl', '--silent', '--fail', ...limits, urlOf(probe, prober)];
  return await new Promise((resolve) => {
    execFile('nsenter', [`--net=/run/netns/${prober.netns}`, ...curl], (error) => resolve(error === null));
  });
}

/** How often in a row a probe has failed, told each time that it was tried. @param secondMs what a second takes now */
export async function* failuresOf(
  probe: Probe,
  prober: Prober,
  secondMs: () => Milliseconds = () => 1000,
): AsyncGenerator<number> {
  const wait = async (seconds: number) => {
    for (let left = seconds; left > 0 && !prober.isOver(); left--) await sleep(secondMs(), undefined, { ref: false });
  };
  await wait(probe.initialDelaySeconds ?? 0);
  for (let failures = 0; !prober.isOver(); await wait(probe.periodSeconds ?? 10)) {
    failures = (await succeeds(probe, prober)) ? 0 : failures + 1;
    if (!prober.isOver()) yield failures;
  }
}
