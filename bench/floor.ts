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

/** Where the empty programs are attached, besides being loaded. */
export interface FloorPlaces {
  /** To the tracepoints, behind what is attached there already. */
  readonly tracepoints: boolean;
  /** To interfaces of the node in both directions, at this end of the chain. */
  readonly packets: { readonly end: 'first' | 'last'; readonly interfaces: readonly string[] } | null;
}

export interface HeldFloor extends Floor {
  /** Detaches and unloads; otherwise that is done when the bench ends. */
  readonly end: () => Promise<void>;
}

/** Loads the empty programs. */
export async function holdFloor(run: Run, node: TestNode, places: FloorPlaces): Promise<HeldFloor> {
  const { tracepoints, packets } = places;
  const which = [
    tracepoints ? 'tracepoints' : 'packets-only',
    ...(packets ? [packets.end, ...packets.interfaces] : []),
  ];
  const command = [`--net=/run/netns/${node.netns}`, compileHold(), compileEmptyPrograms(), ...which];
  const child = spawn('nsenter', command, { stdio: ['pipe', 'pipe', 'inherit'] });
  const end = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.stdin.end();
    await ended;
  };
  run.undo.later(end);
  return { ...(JSON.parse(await firstLine(child)) as Floor), end };
}
