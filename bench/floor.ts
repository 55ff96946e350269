import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { TestNode } from '../test/agent/node-fixture.ts';
import type { Run } from './bench.ts';
import { compileEmptyPrograms, compileHold } from './compile.ts';

/** Ids of the empty programs, by hook. */
export interface Floor {
  readonly packet: number;
  readonly inet_sock_set_state: number;
  readonly kfree_skb: number;
}

async function firstLine(child: ChildProcess): Promise<string> {
  let output = '';
  return await new Promise((resolve, reject) => {
    child.stdout?.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      if (output.includes('\n')) resolve(output);
    });
    child.once('error', reject);
    child.once('exit', (status) => reject(new Error(`the empty programs could not be held: status ${status}`)));
  });
}

/**
 * Loads the empty programs until the bench ends.
 * @param interfaces of the node, to which the packet program is attached in both directions, behind Weir's; when there
 * are any, the others are attached to their tracepoints too
 */
export async function holdFloor(run: Run, node: TestNode, interfaces: readonly string[]): Promise<Floor> {
  const command = [`--net=/run/netns/${node.netns}`, compileHold(), compileEmptyPrograms(), ...interfaces];
  const child = spawn('nsenter', command, { stdio: ['pipe', 'pipe', 'inherit'] });
  run.undo.later(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.stdin.end();
    await ended;
  });
  return JSON.parse(await firstLine(child)) as Floor;
}
