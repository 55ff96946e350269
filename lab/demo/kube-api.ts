import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { WeirError } from '../../core/errors.ts';
import type { Lab } from '../lab.ts';
import { type LabProcess, logTail, startProcess } from '../pod-processes.ts';
import { inNetns } from '../probes.ts';
import { outsideNetns, underlayGateway } from '../underlay.ts';

const main = join(import.meta.dirname, '..', 'kube-api', 'main.js');
const readyWithinMs = 15_000;
const lookEveryMs = 50;

/** A Kubernetes API server of the lab, and the kubeconfig that leads to it. */
export interface KubeApi {
  readonly process: LabProcess;
  readonly kubeconfig: string;
}

/**
 * Starts API servers over the lab's manifests: one that the nodes reach over their underlay, and one on this machine's
 * loopback, because the machine itself has no way into the lab.
 */
export async function startKubeApis(
  lab: Lab,
  folder: string,
): Promise<{ readonly forNodes: KubeApi; readonly forMachine: KubeApi }> {
  const start = async (name: string, listen: string, within: (argv: readonly string[]) => readonly string[]) => {
    const kubeconfig = `${folder}/${name}.kubeconfig`;
    const argv = ['--manifests', lab.manifestsDir, '--listen', listen, '--kubeconfig', kubeconfig];
    const server = await startProcess(lab.name, within([process.execPath, main, ...argv]), `${folder}/${name}.log`);
    await untilWritten(kubeconfig, server);
    return { process: server, kubeconfig };
  };
  const outside = `/run/netns/${outsideNetns(lab.name)}`;
  const [forNodes, forMachine] = await Promise.all([
    start('kube-api-nodes', `${underlayGateway}:6443`, (argv) => inNetns(outside, argv)),
    start('kube-api', '127.0.0.1:0', (argv) => argv),
  ]);
  return { forNodes, forMachine };
}

/** The kubeconfig is written when the server listens. @throws WeirError LAB with the log's end when it does not */
async function untilWritten(kubeconfig: string, server: LabProcess): Promise<void> {
  const endMs = performance.now() + readyWithinMs;
  while (!isWritten(kubeconfig)) {
    if (server.ended() !== null || performance.now() > endMs) {
      throw new WeirError('LAB', `the lab's Kubernetes API does not answer\n${await logTail(server.logFile)}`);
    }
    await sleep(lookEveryMs);
  }
}

function isWritten(file: string): boolean {
  try {
    return readFileSync(file, 'utf8').includes('users:');
  } catch {
    return false;
  }
}
